"""Sums that are no months: what lies beyond the months around it, and what stands under two months."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.base.settings import Home
from tests.conftest import many
from tests.gates.looking import beyond, changed, evidence

FACT = "fct_trade_monthly"
DECEMBER = "month = date '2023-12-01'"
NEAREST = "all that is covered against the nearest months of its scope"
#: SQL on the sample, and the measures that are warned of.
MAGNITUDES = {
    "as it is": ("", []),
    "four times what it was": (f"update {FACT} set value_usd = value_usd * 4 where {DECEMBER}", []),
    "a year's sum": (f"update {FACT} set value_usd = value_usd * 12 where {DECEMBER}", ["value_usd"]),
    "a month in thousands": (f"update {FACT} set value_usd = value_usd // 1000 where {DECEMBER}", ["value_usd"]),
    "two months in thousands": (
        f"update {FACT} set value_usd = value_usd // 1000 where month in (date '2023-10-01', date '2023-12-01')",
        ["value_usd", "value_usd"],
    ),
    "months of no usual size": (
        f"update {FACT} set value_usd = value_usd // if(month(month) % 3 = 0, 1, 1000) where year(month) > 2021",
        [],
    ),
    "half of the lines gone": (
        f"delete from {FACT} where {DECEMBER} and hash(commodity_code, partner_code) % 100 < 65",
        ["cells with value_usd"],
    ),
    "a quarter of the lines gone": (
        f"delete from {FACT} where {DECEMBER} and hash(commodity_code, partner_code) % 4 = 0",
        [],
    ),
}


@pytest.mark.series
@pytest.mark.parametrize("name", many(("a month in thousands", "half of the lines gone"), MAGNITUDES))
def test_a_month_against_the_nearest_months(sample_home: Home, tmp_path: Path, name: str) -> None:
    """Value and cells; it names the month alone, not those that have it near."""
    sql, measures = MAGNITUDES[name]
    frame = evidence(sample_home, changed(sample_home, tmp_path, sql), ["drift"])
    frame = frame[frame["scope"] == NEAREST]
    found = beyond(frame)
    of_years = found[found["month"].map(lambda month: month.year > 2022).astype(bool)]
    assert of_years["measure"].tolist() == measures
    assert {f"{m:%Y-%m}" for m in of_years["month"]} <= {"2023-10", "2023-12"}
    assert set(frame["severity"]) == {"warn"} and frame["n_compared"].max() == 12
    assert len(frame) > 100 or name == "months of no usual size"
    assert all("near: US export controls of 2023-10-17" in reason for reason in of_years["reason"])


APRIL = "month = date '2023-04-01' and partner_code = '502'"
MAY = "month = date '2023-05-01' and partner_code = '502'"
AGAIN = f"insert into {FACT} by name select * replace (date '2023-05-01' as month) from {FACT} where {APRIL}"
ONE = (
    f"delete from {FACT} where {APRIL} and commodity_code <> '85423190'; "
    f"update {FACT} set value_usd = {{}} where {APRIL}; delete from {FACT} where {MAY}; {AGAIN}"
)
#: SQL on the sample, and how many partners have all rows of another month.
REPEATS = {
    "as it is": ("", 0),
    "one month's rows under the next": (f"delete from {FACT} where {MAY}; {AGAIN}", 1),
    "one dollar beside": (
        f"delete from {FACT} where {MAY}; {AGAIN}; "
        f"update {FACT} set value_usd = value_usd + 1 where {MAY} and commodity_code = '85423190'",
        0,
    ),
    "one piece beside": (
        f"delete from {FACT} where {MAY}; {AGAIN}; "
        f"update {FACT} set quantity_1 = quantity_1 + 1 where {MAY} and commodity_code = '85423190'",
        0,
    ),
    "a single row of a hundred million": (ONE.format(100_000_000), 1),
    "a single row that may be chance": (ONE.format(99_999_999), 0),
}


@pytest.mark.series
@pytest.mark.parametrize("name", many(("one month's rows under the next", "one dollar beside"), REPEATS))
def test_a_month_that_repeats_another(sample_home: Home, tmp_path: Path, name: str) -> None:
    """The later one is told, with the earlier one and how much it is."""
    sql, partners = REPEATS[name]
    frame = evidence(sample_home, changed(sample_home, tmp_path, sql), ["repeats"])
    found = beyond(frame)
    assert [(f"{r.month:%Y-%m}", r.actual, r.severity) for r in found.itertuples()] == [
        ("2023-05", partners, "block")
    ] * bool(partners)
    assert all("502: " in reason and reason.endswith("as in 2023-04") for reason in found["reason"])
    assert frame["n_compared"].sum() > 1_000
