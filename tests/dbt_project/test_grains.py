"""The same trade received at several grains and in both currencies: one truth, nothing doubled, every slip caught."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import pytest

from orchestration.base.settings import Home
from orchestration.landing.receive import receive
from orchestration.landing.store import Receipt
from orchestration.releases.manifest import read_manifest
from orchestration.releases.store import Releases
from tests.conftest import declared, failed, query, released, write_csv

MONTHS = [f"2024{m:02d}" for m in range(1, 10)]
CODES = ("85411000", "85412100", "85412900")
HEADS = {
    "month": "Date of data",
    "code": "Commodity code",
    "partner": "Trading partner code",
    "regime": "Customs Regime code",
    "province": "Locations of importers and exporters code",
}


class Grain(NamedTuple):
    """How a file splits the same trade, and what is declared of it beside the usual."""

    columns: tuple[str, ...]
    digits: int = 8
    said: tuple[tuple[str, str], ...] = (("partners", "116,502"),)
    regime: str | None = None


ALL_PARTNERS = (("partners", "all"),)
GRAINS = {
    "partner": Grain(("partner",), said=ALL_PARTNERS),
    "regime": Grain(("partner", "regime"), said=ALL_PARTNERS),
    "province": Grain(("partner", "regime", "province"), said=ALL_PARTNERS),
    "hs6": Grain(("partner",), 6),
    "hs4": Grain(("partner",), 4),
    "world": Grain((), said=(("partners", "world"),)),
    "world_hs4": Grain((), 4, (("partners", "world"),)),
    "regime_14": Grain(("partner",), said=(*ALL_PARTNERS, ("regimes", "14")), regime="14"),
}


def trade() -> dict[tuple[str, ...], int]:
    """Whole dollars by month, code, partner, regime and province."""
    cells = {}
    for m, month in enumerate(MONTHS):
        for c, code in enumerate(CODES):
            for partner in ("116", "502"):
                for regime in ("10", "14"):
                    for province in ("11", "31"):
                        amount = 1_000 + 37 * m + 11 * c + int(partner) + int(regime) + int(province)
                        cells[month, code, partner, regime, province] = amount
    return cells


def write(path: Path, grain: Grain, currency: str, slip: str | None = None) -> Path:
    """The trade at one grain; in the month `slip` one unit too many on the last key."""
    at = ("month", "code", "partner", "regime", "province")
    sums: dict[tuple[str, ...], int] = defaultdict(int)
    for (month, code, *rest), value in trade().items():
        key = dict(zip(at, (month, code[: grain.digits], *rest), strict=True))
        if grain.regime in (None, key["regime"]):
            sums[tuple(key[k] for k in ("month", "code", *grain.columns))] += value * (7 if currency == "CNY" else 1)
    if slip:
        sums[max(k for k in sums if k[0] == slip)] += 1
    heads = [HEADS[k] for k in ("month", "code", *grain.columns)]
    header = [*heads, "Quantity", "Unit", "US dollar" if currency == "USD" else "Renminbi Yuan"]
    return write_csv(path, [[*key, 5, "Number of item", value] for key, value in sums.items()], header)


def receive_all(home: Home, folder: Path, slips: dict[tuple[str, str], str]) -> dict[tuple[str, str], Receipt]:
    """Every grain in both currencies, as of the same day."""
    found = {}
    for name, grain in GRAINS.items():
        for currency in ("USD", "CNY"):
            file = write(folder / f"{name}_{currency}.csv", grain, currency, slips.get((name, currency)))
            receipt = receive(home, file, declared(hs="8541", **dict(grain.said))).receipt
            assert receipt is not None
            found[name, currency] = receipt
    return found


@pytest.mark.own_run("one trade at eight grains is a home of its own")
def test_one_truth_and_nothing_doubled(home: Home, tmp_path: Path) -> None:
    """Eight grains in two currencies: the fact is the trade, and each other file was compared with it."""
    receipts = receive_all(home, tmp_path, {})
    assert {name: r.scope.feeds for (name, _), r in receipts.items()} == {
        "partner": "partner", "regime": "partner", "province": "partner", "hs6": "check", "hs4": "check",
        "world": "world", "world_hs4": "check", "regime_14": "check",
    }  # fmt: skip
    released(home)
    total = sum(trade().values())
    for fact in ("fct_trade_monthly", "fct_trade_world_monthly"):
        assert query(home, f"select sum(value_usd)::bigint, sum(value_local)::bigint from {fact}") == [
            (total, 7 * total)
        ]
    assert query(home, "select distinct receipt_id_usd, receipt_id_local from fct_trade_monthly") == [
        (receipts["province", "USD"].receipt_id, receipts["province", "CNY"].receipt_id)
    ]
    sums = query(
        home, "select sum(value_usd)::bigint, sum(value_local)::bigint from v_hs4 where category_code = '8541'"
    )
    assert sums == [(total, 7 * total)]
    compared = query(
        home, "select scope, verdict from audit_results where gate = 'additivity' and measure like 'value_%'"
    )
    assert all(verdict == "passed" for _, verdict in compared)
    for (name, _), receipt in receipts.items():
        assert name == "province" or any(receipt.receipt_id in scope for scope, _ in compared), name


@pytest.mark.series("test_one_truth_and_nothing_doubled")
@pytest.mark.own_run("each grain is off by one in a month of its own")
def test_one_dollar_in_any_of_them_is_caught(home: Home, tmp_path: Path) -> None:
    """In each month another file is off by one: exactly its month fails, and both receipts are named."""
    slips = {(name, currency): month for (name, currency), month in zip(
        [*((g, "USD") for g in GRAINS), ("hs6", "CNY")], MONTHS, strict=True)}  # fmt: skip
    receipts = receive_all(home, tmp_path, slips)
    failure = failed(home)
    assert failure and Releases(home).current_id() is None
    (candidate,) = home.candidates.glob("[0-9]*")
    manifest = read_manifest(candidate)
    assert manifest.audit is not None
    found = [f for f in manifest.audit.findings if f["verdict"] == "failed"]
    assert {f["gate"] for f in found} == {"additivity"}
    for (name, currency), month in slips.items():
        mine = [f for f in found if str(f["month"])[:7].replace("-", "") == month]
        if name == "province":
            within = [f for f in mine if f["scope"].startswith("partners received within")]
            assert len(within) == 2, "the partners are more than all together, by lines and by headings"
            mine = [f for f in mine if f not in within]
        receipt, truth = receipts[name, currency].receipt_id, receipts["province", currency].receipt_id
        off = [f for f in mine if f["measure"] == {"USD": "value_usd", "CNY": "value_local"}[currency]]
        assert off and {abs(float(f["difference"])) for f in off} == {1.0}, name
        if name == "province":
            assert len(off) == len(GRAINS) - 1, "every other file contradicts the one that counts"
        assert all(receipt in f["scope"] and (truth in f["scope"] or "together" in f["scope"]) for f in off), name
        assert any(truth in f["scope"] for f in off), name
        assert any("first" in str(f["reason"]) for f in mine)


@pytest.mark.series("test_the_world_file_counts_until_every_partner_is_covered")
@pytest.mark.own_run("two grains of two days are a home of their own")
def test_another_vintage_warns_only(home: Home, tmp_path: Path) -> None:
    """A coarser file of another day may show a revision."""
    for name, vintage, slip in (("partner", "2024-12-20", None), ("hs6", "2025-01-20", MONTHS[2])):
        file = write(tmp_path / f"{name}.csv", GRAINS[name], "USD", slip)
        receive(home, file, declared(hs="8541", **dict(GRAINS[name].said), vintage=vintage))
    released(home)
    warned = query(
        home,
        "select distinct gate, strftime(month, '%Y-%m') from audit_results "
        "where verdict = 'warned' and gate = 'additivity'",
    )
    assert warned == [("additivity", "2024-03")]


@pytest.mark.series("test_one_truth_and_nothing_doubled")
@pytest.mark.own_run("a home of two rows that contradict each other")
def test_unequal_quantities_of_the_two_currencies_warn(home: Home, tmp_path: Path) -> None:
    """At the same vintage; the later receipt's quantity stands in the fact."""
    cells = [["202401", "85423190", "502", quantity, "Number of item", value] for quantity, value in ((5, 10), (6, 70))]
    for cell, money in zip(cells, ("US dollar", "Renminbi Yuan"), strict=True):
        header = [HEADS["month"], HEADS["code"], HEADS["partner"], "Quantity", "Unit", money]
        receive(home, write_csv(tmp_path / f"{money}.csv", [cell], header), declared())
    released(home)
    assert query(home, "select value_usd, value_local, quantity_1 from fct_trade_monthly") == [(10, 70, 6)]
    warned = query(
        home, "select measure, actual::int, reason from audit_results where verdict = 'warned' and gate = 'additivity'"
    )
    assert warned == [("cells with unequal quantities", 1, "first 85423190 × 502")]
