"""Runs of months at or above any mark: macros that a release's file holds, and that readers of it may call."""

from __future__ import annotations

import datetime as dt
from itertools import groupby
from pathlib import Path

import duckdb

from orchestration.base.duck import literal, scratch
from orchestration.releases.database import DATABASE
from orchestration.releases.published import STORAGE
from orchestration.releases.query import run_sql
from orchestration.warehouse.runs import macros

CHIPS = "category_scheme = 'ic' and flow = 'import'"
#: One series month by month: its millions, or None where it is not known.
MONTHS = {
    "2024-01": 7,
    "2024-02": 5,
    "2024-03": 4,
    "2024-04": 5,
    "2024-05": None,
    "2024-06": 6,
    "2024-07": 5,
    "2024-08": 9,
}


def first_day(month: str) -> dt.date:
    """The first day of YYYY-MM."""
    return dt.date.fromisoformat(f"{month}-01")


def test_a_release_answers_for_any_mark(sample_release: Path) -> None:
    """The runs of chips from the United States above a billion, as the headline counts them; of each partner and other
    marks, as a plain recount of the series has them.
    """
    us = f"from partner_category_runs(1e9) where {CHIPS} and partner_code = '502' order by run_from"
    columns = "select run_to, n_months, is_current, previous_to, previous_n_months"
    last = run_sql(sample_release, f"{columns} {us}")[1][-1]
    assert last == (first_day("2024-10"), 5, True, first_day("2022-09"), 7)
    assert sum(n for _, n, *_ in run_sql(sample_release, f"{columns} {us}")[1]) == 36
    series = run_sql(
        sample_release,
        f"select partner_code, month, value_usd from mart_partner_category_monthly where {CHIPS} order by all",
    )[1]
    for mark in (123_456_789, 2_000_000_000):
        expected = []
        for partner, rows in groupby(series, key=lambda entry: entry[0]):
            for above, run in groupby(rows, key=lambda entry: entry[2] >= mark):
                months = [(value, month) for _, month, value in run]
                if above:
                    expected.append((partner, months[0][1], months[-1][1], len(months), max(months)[0]))
        found = run_sql(
            sample_release,
            "select partner_code, run_from, run_to, n_months, greatest_usd "
            f"from partner_category_runs({mark}) where {CHIPS} order by partner_code, run_from",
        )[1]
        assert found == sorted(expected) and len(found) > 3


def test_all_partners_together_have_runs_of_their_own(sample_release: Path) -> None:
    """The greatest month is that of the series."""
    found = run_sql(
        sample_release, f"select partner_code, max(greatest_usd) from category_runs(0) where {CHIPS} group by 1"
    )
    assert (
        found[1] == run_sql(sample_release, f"select 'all', max(value_usd) from mart_category_monthly where {CHIPS}")[1]
    )


def test_a_month_that_is_not_known_ends_a_run_and_says_so() -> None:
    """May is not known, what lies before January neither; a month at the mark counts, one below it ends the run."""
    with scratch() as con:
        con.execute("create table t (month date, value_usd bigint)")
        con.executemany("insert into t values (?, ?)", [(first_day(month), usd) for month, usd in MONTHS.items()])
        key = "'gacc' as source, 'CHN' as reporter, 'import' as flow, '502' as partner_code, 'ic' as category_scheme, "
        key += "'integrated_circuits' as category_code"
        names = (
            "'USA' as partner_iso3, 'United States' as partner_name, 'Chips' as category_name, false as is_synthetic"
        )
        for halves in ("", "partner_"):
            con.execute(f"create view mart_{halves}category_monthly as select {key}, {names}, * from t")
            con.execute(
                f"create view mart_{halves}category_coverage as "
                f"select {key}, month, value_usd is not null as covered_usd from t"
            )
        for macro in macros():
            con.execute(macro.create)
            found = con.execute(
                "select strftime(run_from, '%Y-%m'), strftime(run_to, '%Y-%m'), n_months, is_current, greatest_usd, "
                "may_begin_earlier, may_go_on, previous_n_months "
                f"from {macro.name}(5) order by run_from"
            ).fetchall()
            assert found == [
                ("2024-01", "2024-02", 2, False, 7, True, False, None),
                ("2024-04", "2024-04", 1, False, 5, False, True, 2),
                ("2024-06", "2024-08", 3, True, 9, True, True, 1),
            ]


def test_the_file_holds_them_in_the_storage_of_older_readers(sample_release: Path) -> None:
    """Its format is that of version 1.0, they are in it with what they mean, and name no database."""
    with duckdb.connect(str(sample_release / DATABASE), read_only=True) as con:
        held = con.execute(
            "select function_name, comment, macro_definition from duckdb_functions() where database_name = 'trade' "
            "order by 1"
        ).fetchall()
        tags = con.execute(
            "select tags['storage_version'] from duckdb_databases() where database_name = 'trade'"
        ).fetchall()
    assert [(name, said) for name, said, _ in held] == sorted((macro.name, macro.description) for macro in macros())
    assert all("trade." not in sql and "out." not in sql for _, _, sql in held)
    assert STORAGE == "v1.0.0" and tags[0][0].startswith("v1.0.0")
    with scratch() as con:
        con.execute(f"attach {literal(sample_release / DATABASE)} as elsewhere (read_only)")
        con.execute("use elsewhere")
        assert con.execute("select count(*) from category_runs(1)").fetchone() != (0,)
