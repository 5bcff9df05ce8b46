"""In what two releases differ: which tables and months by their content hashes, then the figures, old and new."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from orchestration.base.duck import literal, scratch
from orchestration.base.settings import Home
from orchestration.releases.content import columns_of, unlike
from orchestration.releases.database import DATABASE
from orchestration.releases.published import published_models
from orchestration.releases.store import Releases

#: What a series is asked for; ratios and receipts follow from it.
FIGURES = ("value_usd", "value_local", "quantity", "quantity_1", "quantity_2")
#: Changes that are told of a table; the greatest first.
TOLD = 1000


@dataclass(frozen=True)
class Change:
    """A figure that is not the same in two releases; None where a release has no such row, or no figure in it."""

    month: str
    series: str
    figure: str
    old: int | None
    new: int | None


@dataclass(frozen=True)
class TableDifference:
    """A published table in two releases: rows only in one of them (a changed row counts in both), and figures.

    `changes`: the `TOLD` greatest of `n_changes`; none for tables that hold no figures of a series.
    """

    table: str
    only_a: int
    only_b: int
    months: tuple[str, ...]
    changes: tuple[Change, ...] = ()
    n_changes: int = 0


def difference(home: Home, a: str, b: str) -> list[TableDifference]:
    """Tables whose content hash differs, with the number of rows, the months and the figures that differ."""
    releases = Releases(home)
    (folder_a, said_a), (folder_b, said_b) = releases.readable(a), releases.readable(b)
    tables_a, tables_b = said_a.tables, said_b.tables
    found = []
    with scratch(folder_b / DATABASE) as con:
        for name, folder in (("a", folder_a), ("b", folder_b)):
            con.execute(f"attach {literal(folder / DATABASE)} as {name} (read_only)")
        for table in sorted(tables_a.keys() | tables_b.keys()):
            of_a, of_b = tables_a.get(table), tables_b.get(table)
            if of_a and of_b:
                if of_a.content_hash != of_b.content_hash:
                    by_month = of_a.months is not None and of_b.months is not None
                    months = {month for _, month in unlike(of_a, of_b)} if by_month else None
                    compared = _compare(con, table, months)
                    # Hashes of another version of the warehouse may differ where no row does.
                    found += [compared] if compared.only_a or compared.only_b else []
            else:
                found.append(TableDifference(table, of_a.rows if of_a else 0, of_b.rows if of_b else 0, ()))
    return found


def _compare(con: duckdb.DuckDBPyConnection, table: str, months: set[str] | None) -> TableDifference:
    """The difference in the columns that both have: a later version of the warehouse may have added some.

    `months`: where to look; None = everywhere.
    """
    of_b = {name for name, _ in columns_of(con, f"b.main.{table}")}
    columns = [name for name, _ in columns_of(con, f"a.main.{table}") if name in of_b]
    where = "where month in (" + ", ".join(f"date '{m}-01'" for m in sorted(months)) + ")" if months else ""
    for side, other in (("a", "b"), ("b", "a")):
        mine, others = (f"select {', '.join(columns)} from {name}.main.{table} {where}" for name in (side, other))
        con.execute(f"create or replace temp table only_{side} as {mine} except all {others}")
    counts = [con.execute(f"select count(*) from only_{side}").fetchall()[0][0] for side in "ab"]
    if "month" not in columns:
        return TableDifference(table, counts[0], counts[1], ())
    both = "(select month from only_a union select month from only_b)"
    seen = con.execute(f"select strftime(month, '%Y-%m') from {both} order by 1").fetchall()
    told, n = _changes(con, table, columns)
    return TableDifference(table, counts[0], counts[1], tuple(month for (month,) in seen), told, n)


def _changes(con: duckdb.DuckDBPyConnection, table: str, columns: list[str]) -> tuple[tuple[Change, ...], int]:
    """Figures of series in the rows that differ."""
    sort = {model.name: model.sort for model in published_models()}.get(table, ())
    series = [name for name in sort if name in columns and name != "month"]
    figures = [name for name in FIGURES if name in columns]
    if not series or not figures:
        return (), 0
    key = ", ".join(["month", *series])
    each = " union all ".join(
        f"select strftime(month, '%Y-%m'), concat_ws(' ', {', '.join(series)}) as series, '{figure}', "
        f"a.{figure}::hugeint as old, b.{figure}::hugeint as new from only_a as a full join only_b as b using ({key}) "
        f"where a.{figure} is distinct from b.{figure}"
        for figure in figures
    )
    rows = con.execute(
        f"select *, count(*) over () from ({each}) "
        f"order by abs(coalesce(new, 0) - coalesce(old, 0)) desc, 1, 2, 3 limit {TOLD}"
    ).fetchall()
    return tuple(Change(*row[:5]) for row in rows), rows[0][5] if rows else 0
