"""Files without a partner column: a fact of their own, the total where partners are missing, never a partner."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.landing.preview import withdrawal_changes
from orchestration.landing.receive import receive
from orchestration.landing.store import Landing, Receipt
from orchestration.releases.trace import trace
from tests.conftest import declared, failed, query, released, write_csv

HEADER = ["Date of data", "Commodity code", "Quantity", "Unit", "US dollar"]
JANUARY = dt.date(2024, 1, 1)


def cells(partners: bool, *values: tuple[str, str, int]) -> list[list[object]]:
    """Rows of (month, partner, value) of one line, with or without the partner."""
    return [[m, "85423190", *([p] if partners else []), v // 10, "Number of item", v] for m, p, v in values]


def add(home: Home, path: Path, values: list[tuple[str, str, int]], **said: str) -> Receipt:
    """Receive a file of such rows; without a partner column if it is declared as of the world."""
    partners = said.get("partners") != "world"
    header = [*HEADER[:2], "Trading partner code", *HEADER[2:]] if partners else HEADER
    receipt = receive(home, write_csv(path, cells(partners, *values), header), declared(**said)).receipt
    assert receipt is not None
    return receipt


@pytest.mark.own_run("files arrive between builds")
def test_the_world_file_counts_until_every_partner_is_covered(home: Home, tmp_path: Path) -> None:
    """Total, share and trace where partners are missing, and in a month that has them all and agrees; then these
    disagree, and the total is theirs.
    """
    some = add(home, tmp_path / "some.csv", [("202401", "502", 300), ("202402", "502", 400)], partners="116,502")
    world = add(home, tmp_path / "world.csv", [("202401", "", 1_000), ("202402", "", 1_100)], partners="world")
    every = [("202402", "502", 400), ("202402", "133", 700)]
    whole = add(home, tmp_path / "every.csv", every, partners="all", months="2024-02")
    released(home)
    total = "select value_usd, quantity from v_ic order by month"
    assert query(home, total) == [(1_000, 100), (1_100, 110)]
    share = "select partner_code, value_usd, partner_share_usd from v_ic_by_partner where month = '2024-01-01'"
    assert query(home, share) == [("502", 300, 0.3)]
    assert query(home, "select distinct partner_code from fct_trade_monthly order by 1") == [("133",), ("502",)]
    traced = trace(home, JANUARY, "all", "integrated_circuits", "import", "ic")
    assert [(r.receipt_id, r.lines) for r in traced.receipts] == [(world.receipt_id, [2])]
    traced = trace(home, JANUARY, "502", "integrated_circuits", "import", "ic")
    assert [(r.receipt_id, r.lines) for r in traced.receipts] == [(some.receipt_id, [2])]
    traced = trace(home, dt.date(2024, 2, 1), "all", "integrated_circuits", "import", "ic")
    assert [(r.receipt_id, r.lines) for r in traced.receipts] == [(whole.receipt_id, [2, 3])]

    revised = [("202402", "502", 400), ("202402", "133", 750)]
    later = add(home, tmp_path / "revised.csv", revised, partners="all", months="2024-02", vintage="2025-01-20")
    released(home)
    assert query(home, total) == [(1_000, 100), (1_150, 115)]
    warned = query(
        home,
        "select scope, expected::int, actual::int from audit_results where verdict = 'warned' and gate = 'additivity'",
    )
    assert [(e, a) for _, e, a in warned] == [(0, 1), (1_150, 1_100)] or [(e, a) for _, e, a in warned] == [
        (1_150, 1_100), (0, 1)]  # fmt: skip
    assert all(world.receipt_id in scope and later.receipt_id in scope for scope, *_ in warned)

    Landing(home).withdraw(later.receipt_id, "to have both of one day")
    wrong = add(home, tmp_path / "wrong.csv", [("202402", "", 1_101)], partners="world", months="2024-02")
    failure = failed(home)
    assert "additivity" in failure
    assert wrong.receipt_id in failure and whole.receipt_id in failure


def test_what_changes_is_said_before_it_does(home: Home, tmp_path: Path) -> None:
    """Old and new total by month, for a world file to come and for one to be withdrawn."""
    first = add(home, tmp_path / "first.csv", [("202401", "", 1_000)], partners="world", months="2024-01..2024-02")
    file = write_csv(tmp_path / "next.csv", cells(False, ("202402", "", 70), ("202403", "", 80)), HEADER)
    dry = receive(home, file, declared(partners="world", vintage="2025-01-20"), dry_run=True)
    assert [(f"{c.month:%Y-%m}", c.old, c.new) for c in dry.changes] == [("2024-02", 0, 70), ("2024-03", None, 80)]
    second = receive(home, file, declared(partners="world", vintage="2025-01-20")).receipt
    assert second is not None
    gone = withdrawal_changes(Landing(home), second.receipt_id)
    assert [(f"{c.month:%Y-%m}", c.old, c.new) for c in gone] == [("2024-02", 70, 0), ("2024-03", 80, None)]
    gone = withdrawal_changes(Landing(home), first.receipt_id)
    assert [(f"{c.month:%Y-%m}", c.old, c.new) for c in gone] == [("2024-01", 1_000, None), ("2024-02", 70, 70)]


@pytest.mark.own_run("files of several grains, then without one of them")
def test_a_check_replaces_nothing_and_says_so(home: Home, tmp_path: Path) -> None:
    """Coarser codes feed no fact; the release is the same without them, and a limited part may not exceed the whole."""
    values = [("202401", "502", 300), ("202401", "116", 200)]
    add(home, tmp_path / "whole.csv", values, partners="116,502")
    header = ["Date of data", "Commodity code", "Trading partner code", "US dollar"]
    coarse = write_csv(tmp_path / "hs4.csv", [["202401", "8542", "502", 300], ["202401", "8542", "116", 200]], header)
    dry = receive(home, coarse, declared(partners="116,502"), dry_run=True)
    assert dry.changes == () and dry.scope is not None and dry.scope.feeds == "check"
    receive(home, coarse, declared(partners="116,502"))
    part = write_csv(tmp_path / "part.csv", [["202401", "85423190", "502", 301]], header)
    receipt = receive(home, part, declared(regimes="14")).receipt
    assert receipt is not None
    failure = failed(home)
    assert f"{receipt.receipt_id} (HS8 × partner, regimes 14 only" in failure
    assert "within" in failure
    Landing(home).withdraw(receipt.receipt_id, "more than the whole")
    released(home)
    assert query(home, "select sum(value_usd)::int from fct_trade_monthly") == [(500,)]


def test_partners_must_be_declared_as_the_file_has_them(home: Home, tmp_path: Path) -> None:
    """Without a partner column only the world; the message says what was seen."""
    file = write_csv(tmp_path / "world.csv", cells(False, ("202401", "", 1_000)), HEADER)
    with pytest.raises(RefusalError, match=r"has no partner column\. Seen in the file: months 2024-01") as refused:
        receive(home, file, declared())
    assert "--partners world" in str(refused.value.remedy)
