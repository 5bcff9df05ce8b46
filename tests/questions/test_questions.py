"""The queries of docs/questions.md on the sample, each against the answer to its question."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from orchestration.base.settings import PROJECT, Home
from orchestration.releases.as_of import as_of
from orchestration.releases.database import DATABASE
from orchestration.releases.query import run_sql
from orchestration.releases.store import Releases

PAGE = PROJECT / "docs" / "questions.md"
QUERIES = {
    int(number): (of.strip(), sql)
    for number, of, sql in re.findall(r"^## (\d+) .*?^```sql([^\n]*)\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.M)
}
#: By question its answer as it would be printed: billions and percent with the digits of the press.
ANSWERS: dict[int, list[tuple[object, ...]]] = {
    1: [(1.111, 60.1, 9.612, 42.5)],
    3: [("2020", 4.06), ("2021", None), ("2022", None), ("2023", 2.37), ("2024", 3.06), ("2024-10", 3.13)],
    4: [("memory", 62), ("other_ic", 52), ("amplifiers", 44), ("processors_controllers", 36)],
    5: [(-3.5, 65.9)],
    7: [("2024-01", 41, 35.0)],
    8: [(dt.date(2021, 9, 1), 1.440)],
    9: [(1.620, 35.0)],
    10: [(11.165,)],
    12: [(1953,)],
    13: [("ASEAN", 7434), ("EU", 467)],
    14: [(14,)],
    15: [("codes not received: 85",)],
    17: [(6_347_358_857, 38.28)],
    20: [(3.185, 3, True)],
    23: [(7.56,)],
    24: [("amplifiers", 12.4), ("processors_controllers", 3.1), ("memory", 3.1), ("other_ic", 1.5)],
    25: [(dt.date(2024, 2, 10), 7)],
    26: [(0,)],
    27: [("chip_equipment", None, None), ("integrated_circuits", 711_416_901, "Number of item")],
}
#: How a figure of an answer is printed: what it is multiplied by, and its digits.
PRINTED: dict[int, list[tuple[float, int] | None]] = {
    1: [(1e-9, 3), (100, 1), (1e-9, 3), (100, 1)],
    3: [None, (100, 2)],
    4: [None, (100, 0)],
    5: [(100, 1), (100, 1)],
    7: [None, (100, 0), (100, 1)],
    8: [None, (1e-9, 3)],
    9: [(1e-9, 3), (100, 1)],
    10: [(1e-9, 3)],
    12: [(1, 0)],
    13: [None, (1e-6, 0)],
    17: [None, (100, 2)],
    20: [(1e-9, 3), None, None],
    23: [(1, 2)],
    24: [None, (100, 1)],
}


@pytest.fixture(scope="module")
def asked(sample_home: Home) -> Any:
    """By question the rows of its query."""
    folder = Releases(sample_home).folder()

    def rows(number: int) -> list[tuple[Any, ...]]:
        of, sql = QUERIES[number]
        at = as_of(sample_home, dt.date.fromisoformat(of.split()[-1])).folder if of else folder
        return [tuple(row) for row in run_sql(at, sql)[1]]

    return rows


def as_printed(value: object, how: tuple[float, int] | None) -> object:
    """A figure with the digits of the press; anything else as it is."""
    if how is None or not isinstance(value, int | float | Decimal):
        return value
    return round(float(value) * how[0], how[1])


def test_every_question_has_a_query() -> None:
    """Twenty-seven, in order."""
    assert list(QUERIES) == list(range(1, 28))


@pytest.mark.parametrize(
    "number",
    [pytest.param(n, marks=pytest.mark.own_run("a day's tables are built for it") if QUERIES[n][0] else ())
     for n in ANSWERS],
)  # fmt: skip
def test_answer(asked: Any, number: int) -> None:
    """The rows of a query, rounded as they would be printed; None stands for a figure that the question leaves out."""
    found = asked(number)
    shown = [tuple(as_printed(v, how) for v, how in zip(row, PRINTED.get(number, [None] * 9), strict=False))
             for row in found]  # fmt: skip
    wanted = ANSWERS[number]
    assert len(shown) == len(wanted)
    for row, said in zip(shown, wanted, strict=True):
        left_out = number == 3
        assert [(a, b) for a, b in zip(row, said, strict=True) if a != b and not (left_out and b is None)] == []


def test_months_above_a_billion(asked: Any) -> None:
    """36 of 58; the run goes on, and the one before it had ended before growth began."""
    runs = asked(2)
    assert sum(row[2] for row in runs) == 36
    assert runs[0][:4] == (dt.date(2024, 6, 1), dt.date(2024, 10, 1), 5, True)
    assert not runs[1][3] and runs[1][1] < dt.date(2024, 5, 1)


def test_who_gained_share(asked: Any) -> None:
    """Taiwan, two points; China itself is no supplier of its own."""
    gained = asked(6)
    assert gained[0][0] == "Taiwan" and round(100 * gained[0][1], 1) == 2.0
    assert "China" not in {name for name, _ in gained}


def test_contributions(asked: Any) -> None:
    """Points of the growth of all partners together, which has a table of its own."""
    assert [(name, round(100 * points, 2)) for name, points in asked(11)] == [
        ("Taiwan", 3.54), ("Malaysia", 1.51), ("Vietnam", 1.46), ("United States", 1.26),
    ]  # fmt: skip


def test_what_was_revised(asked: Any) -> None:
    """The first print and the second."""
    first, second = asked(16)
    assert (first[0], second[0], second[1]) == (1_011_885_897, 1_015_085_724, 3_199_827)


def test_the_largest_line(asked: Any) -> None:
    """A line's name comes with it, of the year's own list."""
    ((line, partner, value),) = asked(18)
    assert (line, partner, round(value / 1e9, 2)) == ("85423190", "Taiwan", 7.82)


def test_unit_values_out_of_line(asked: Any) -> None:
    """Each is beyond five times, or below a fifth, of the median of its own months before."""
    for _, _, _, value, median in asked(19):
        assert value > 5 * median or value < median / 5


def test_calendar_years(asked: Any) -> None:
    """Whole years only: of 2024 two months are not there."""
    assert [(year, round(value / 1e9, 2)) for year, value in asked(21)] == [
        ("2020", 14.21), ("2021", 15.72), ("2022", 12.17), ("2023", 8.30),
    ]  # fmt: skip


def test_who_leads(asked: Any) -> None:
    """The same three in each year."""
    assert asked(22)[-3:] == [("2024", "Taiwan"), ("2024", "South Korea"), ("2024", "Malaysia")]
    assert len(asked(22)) == 15


OCTOBER = "month = date '2024-10-01' and flow = 'import'"
#: A naive way, and what it gives: the right number, or None where there is nothing to be misread.
NAIVE: dict[str, tuple[str, float | None]] = {
    "the headline table of old": (f"select sum(value_usd_bn) from mart_headline_monthly where {OCTOBER}", None),
    "partners and all of them": (f"select sum(value_usd_bn) from v_ic_headline_by_partner where {OCTOBER}", 35.503),
    "all partners together": (f"select sum(value_usd_bn) from v_ic_headline where {OCTOBER}", 35.503),
    "a partner without a scheme": (
        f"select sum(value_usd) / 1e9 from v_ic_by_partner where partner_iso3 = 'USA' and {OCTOBER}", 1.111),
    "types that are added up": (
        f"select sum(value_usd) / 1e9 from v_ic_type_by_partner where partner_iso3 = 'USA' and {OCTOBER}", 1.111),
    "a year of a sum from January on": (
        "select sum(value_usd) / 1e9 from v_ic_year_by_partner where partner_iso3 = 'USA' and period = '2024'", 9.612),
    "quarters that are added up": (
        "select sum(value_usd) / 1e9 from v_ic_quarter_by_partner where partner_iso3 = 'USA' "
        "and year(period_from) = 2024", 9.612),
    "lines with their names": (
        f"select sum(value_usd) / 1e9 from v_trade_lines where partner_iso3 = 'USA' and commodity_code like '8542%' "
        f"and commodity_code not like '854290%' and {OCTOBER}", 1.111),
    "a year's local currency of which months are missing": (
        "select sum(value_local) from v_ic_year_by_partner where partner_iso3 = 'USA' and period = '2024'", None),
}  # fmt: skip


@pytest.mark.parametrize("way", NAIVE)
def test_naive_ways(sample_home: Home, way: str) -> None:
    """They give the right number, or none."""
    sql, right = NAIVE[way]
    with duckdb.connect(str(Releases(sample_home).folder() / DATABASE), read_only=True) as con:
        if way == "the headline table of old":
            with pytest.raises(duckdb.CatalogException):
                con.execute(sql)
            return
        ((found,),) = con.execute(sql).fetchall()
    assert (None if found is None else round(found, 3)) == right


#: What was printed, and what was published before: each row stands by itself, and nobody adds them up.
RECORDS = {"fct_control_total", "mart_claim", "mart_correction"}


def test_no_table_stacks_all_partners_on_partners(sample_home: Home) -> None:
    """A table is of partners or of all of them together, never of both."""
    with duckdb.connect(str(Releases(sample_home).folder() / DATABASE), read_only=True) as con:
        tables = con.execute(
            "select table_name from duckdb_columns() semi join duckdb_tables() using (database_name, table_name) "
            "where column_name = 'partner_code' order by 1"
        ).fetchall()
        assert len(tables) >= 12
        for table in {table for (table,) in tables} - RECORDS:
            codes = {code for (code,) in con.execute(f"select distinct partner_code from {table}").fetchall()}
            assert not ("all" in codes and len(codes) > 1), table
