"""Files without a partner column: a fact of their own, the total where partners are missing, never a partner."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home, settings
from orchestration.landing.preview import withdrawal_changes
from orchestration.landing.receive import receive
from orchestration.landing.store import Landing, Receipt
from orchestration.releases.query import run_sql
from orchestration.releases.store import Releases
from orchestration.releases.trace import trace
from tests.conftest import declared, failed, query, released, write_csv
from tests.gates.looking import only

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
def test_the_world_file_counts_until_every_partner_is_covered(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Total, share and trace where partners are missing, and in months that have them all and agree; then these
    disagree, and the total is theirs: as of another day it is told, of the same day nothing is published.
    """
    some = add(home, tmp_path / "some.csv", [("202401", "502", 300), ("202402", "502", 400)], partners="116,502")
    together = [("202401", "", 1_000), ("202402", "", 1_100), ("202403", "", 1_200)]
    world = add(home, tmp_path / "world.csv", together, partners="world")
    every = [("202402", "502", 400), ("202402", "133", 700), ("202403", "502", 500), ("202403", "133", 700)]
    whole = add(home, tmp_path / "every.csv", every, partners="all", months="2024-02..2024-03")
    released(home)
    total = "select value_usd, quantity from v_ic order by month"
    assert query(home, total) == [(1_000, 100), (1_100, 110), (1_200, 120)]
    share = "select partner_code, value_usd, partner_share_usd from v_ic_by_partner where month = '2024-01-01'"
    assert query(home, share) == [("502", 300, 0.3)]
    assert query(home, "select distinct partner_code from fct_trade_monthly order by 1") == [("133",), ("502",)]
    traced = trace(home, JANUARY, "all", "integrated_circuits", "import", "ic")
    assert [(r.receipt_id, r.lines) for r in traced.receipts] == [(world.receipt_id, [2])]
    traced = trace(home, JANUARY, "502", "integrated_circuits", "import", "ic")
    assert [(r.receipt_id, r.lines) for r in traced.receipts] == [(some.receipt_id, [2])]
    traced = trace(home, dt.date(2024, 2, 1), "all", "integrated_circuits", "import", "ic")
    assert [(r.receipt_id, r.lines) for r in traced.receipts] == [(whole.receipt_id, [2, 3])]

    revised = [("202402", "502", 400), ("202402", "133", 710)]
    later = add(home, tmp_path / "revised.csv", revised, partners="all", months="2024-02", vintage="2025-01-20")
    wrong = add(home, tmp_path / "wrong.csv", [("202403", "", 1_201)], partners="world", months="2024-03")
    monkeypatch.setattr(settings(), "expectations", only(tmp_path, "additivity", "layers"))
    failure = failed(home)
    assert "additivity: gacc import 2024-03" in failure and "gacc import 2024-02" not in failure
    assert wrong.receipt_id in failure and whole.receipt_id in failure
    (candidate,) = home.candidates.glob("[0-9]*")
    assert run_sql(candidate, total)[1] == [(1_000, 100), (1_110, 111), (1_200, 120)]
    warned = run_sql(
        candidate,
        "select scope, expected::int, actual::int from audit_results where verdict = 'warned' "
        "and gate = 'additivity' order by expected, actual",
    )[1]
    assert [(e, a) for _, e, a in warned] == [(0, 1), (1_100, 1_110), (1_110, 1_100)]
    assert all(world.receipt_id in scope for scope, *_ in warned)
    assert sum(later.receipt_id in scope for scope, *_ in warned) == 2


@pytest.mark.series("test_nothing_is_published_until_one_gives_way")
@pytest.mark.own_run("files of both kinds of one day, in four months, and a partner that is more than the world")
def test_what_is_received_twice_on_one_day(home: Home, tmp_path: Path) -> None:
    """An untraded line measures nothing, what is held back is added back, a world file by regime has its split, and no
    partner is more than all together.
    """
    every = {"partners": "all", "months": "2024-01..2024-02"}
    rows = [("202401", "502", 5_000), ("202401", "133", 2_000), ("202402", "502", 50_000), ("202402", "888", 48)]
    add(home, tmp_path / "every.csv", rows, **every)
    world = [("202401", "", 7_000), ("202402", "", 50_048)]
    add(home, tmp_path / "world.csv", world, hs="85423190,85423111", **{**every, "partners": "world"})
    header = ["Date of data", "Commodity code", "Customs Regime code", "Quantity", "Unit", "US dollar"]
    regimes = [["202403", "85423190", "10", 100, "Number of item", 750],
               ["202403", "85423190", "14", 50, "Number of item", 250]]  # fmt: skip
    receive(home, write_csv(tmp_path / "regimes.csv", regimes, header), declared(partners="world"))
    add(home, tmp_path / "some.csv", [("202403", "502", 1_000)], months="2024-03")
    released(home)
    assert query(home, "select value_usd, quantity, quantity_unit from v_ic order by month") == [
        (7_000, 700, "Number of item"), (50_000, 5_000, "Number of item"), (1_000, 150, "Number of item"),
    ]  # fmt: skip
    split = "select regime_code, value_usd, regime_share_usd from mart_category_regime_monthly"
    assert query(home, f"{split} where category_scheme = 'ic' order by 1") == [("10", 750, 0.75), ("14", 250, 0.25)]
    assert query(home, "select value_usd from quarantine") == [(48,)]
    judged = "select month::varchar, verdict from audit_results where gate = 'additivity' and measure = 'value_usd'"
    assert query(home, f"{judged} and scope not like 'partners received%' order by 1") == [
        ("2024-01-01", "passed"), ("2024-02-01", "passed"),
    ]  # fmt: skip

    add(home, tmp_path / "odd.csv", [("202406", "502", 9)], partners="all", months="2024-06")
    more = add(home, tmp_path / "more.csv", [("202403", "502", 1_001)], vintage="2025-01-20", months="2024-03")
    released(home)
    (odd,) = [remark for remark in Releases(home).manifest().remarks if remark.startswith("odd.csv (receipt ")]
    assert "declared all partners, seen 1 (502)" in odd
    assert odd in (Releases(home).folder() / "audit.html").read_text(encoding="utf-8")
    told = "select reason from audit_results where verdict = 'warned' and gate = 'additivity'"
    assert query(home, told) == [("first 85423190: 1,000 for all partners together, 1,001 for those received",)]
    Landing(home).withdraw(more.receipt_id, "to have more than 2 %")
    add(home, tmp_path / "beyond.csv", [("202403", "502", 1_021)], vintage="2025-01-20", months="2024-03")
    assert "additivity: gacc import 2024-03, partners received within" in failed(home)


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


@pytest.mark.series("test_one_truth_and_nothing_doubled")
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
