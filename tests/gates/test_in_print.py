"""The sentence that a release says of itself, and the same sentence as the audit puts it together."""

from __future__ import annotations

import random
from typing import Any

import duckdb

from orchestration.base.words import written
from orchestration.gates.compared import COMPARED
from orchestration.releases.sentence import sentence

KEY = "'gacc' as source, 'CHN' as reporter, 'import' as flow, '502' as partner_code, 'ic' as category_scheme, "
KEY += "'integrated_circuits' as category_code, "
OCTOBER: dict[str, Any] = {
    "month": "date '2024-10-01'", "value_usd": 1_111_497_548, "value_usd_yoy": 0.601, "value_usd_ytd": 9_612_242_460,
    "value_usd_ytd_yoy": 0.4251, "n_lines": 9, "months_at_or_above": 5, "threshold_usd": 10**9,
    "above_since": "date '2024-06-01'",
}  # fmt: skip
STREAK = ("months_at_or_above", "threshold_usd", "above_since")
WHOLE = (
    "China bought US$1.11 bn worth of integrated circuits from the United States in October 2024, up 60 % on a year "
    "before; US$9.61 bn in January to October 2024, up 42.5 %; five months in a row at US$1 bn or more, since June "
    "2024; nine types of chip."
)


def story(is_synthetic: bool = False, **other: Any) -> str | None:
    """The sentence of one row, some of whose figures are others."""
    said = {column: "null" if value is None else value for column, value in {**OCTOBER, **other}.items()}
    with duckdb.connect() as con:
        for table, columns in (
            ("mart_partner_category_monthly", [column for column in said if column not in STREAK]),
            ("mart_partner_category_headline_monthly", ["month", *STREAK]),
        ):
            figures = ", ".join(f"{said[column]} as {column}" for column in columns)
            con.execute(f"create table {table} as select {KEY} {figures}, 'USA' as partner_iso3")
        return sentence(con, is_synthetic)


def test_the_story_in_a_sentence() -> None:
    """Made-up figures say so first."""
    assert story() == WHOLE
    assert story(is_synthetic=True) == f"SYNTHETIC: {WHOLE}"


def test_what_is_not_known_is_left_out() -> None:
    """January is its own year to date; a month below the threshold has no run; one month and one type are singular."""
    short = (
        "China bought US$1.11 bn worth of integrated circuits from the United States in January 2024; one type of chip."
    )
    nothing = {"value_usd_yoy": None, "months_at_or_above": 0, "n_lines": 1}
    assert story(month="date '2024-01-01'", **nothing) == short
    assert story(value_usd_ytd=None, value_usd_ytd_yoy=None, **nothing) == short.replace("January", "October")
    assert "one month in a row at US$0.25 bn or more" in str(story(months_at_or_above=1, threshold_usd=250_000_000))
    assert "13 months in a row" in str(story(months_at_or_above=13))
    assert story(value_usd="null::bigint") is None


def test_a_newspaper_and_the_audit_round_alike() -> None:
    """A half goes up, on both sides; nothing is not minus nothing."""
    draw = random.Random(20)
    dollars = [0, 1, 4_999_999, 5_000_000, 1_005_000_000, 1_115_000_000, 1_234_567_895_000_000]
    dollars += [draw.randrange(10**most) for most in (13, 9, 7, 5) for _ in range(300)]
    shares = [0.0, 0.125, -0.125, 0.605, 0.0004, -0.0004, 12.345, -0.9999]
    shares += [draw.uniform(-1, 40) for _ in range(300)]
    with duckdb.connect() as con:
        con.execute("create table receipt (is_synthetic boolean)")
        for macro in COMPARED:
            con.execute(macro)
        for value in dollars:
            assert con.execute(f"select in_dollars({value})").fetchone() == (written(value, "billions"),)
        for share in shares:
            for digits in (0, 1):
                found = con.execute(f"select in_percent({share!r}::double, {digits})").fetchone()
                assert found == (written(share, "change", digits),), share
