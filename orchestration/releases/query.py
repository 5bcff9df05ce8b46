"""Reading releases: SQL on one, and the difference between two."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.base.duck import literal, scratch
from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.releases.candidate import DATABASE
from orchestration.releases.store import Releases


def run_sql(folder: Path, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Columns and rows of a query on a release; read-only, and without access to any other file."""
    try:
        with duckdb.connect(str(folder / DATABASE), read_only=True) as con:
            con.execute("set enable_external_access = false")
            cursor = con.execute(sql)
            if cursor.description is None:
                return [], []
            return [d[0] for d in cursor.description], cursor.fetchall()
    except duckdb.Error as error:
        raise RefusalError(f"the query failed: {error}", remedy="bonded query 'show all tables'") from None


@dataclass(frozen=True)
class TableDifference:
    """A published table in two releases: rows only in one of them (a changed row counts in both)."""

    table: str
    only_a: int
    only_b: int
    months: tuple[str, ...]


def difference(home: Home, a: str, b: str) -> list[TableDifference]:
    """Tables whose content hash differs, with the number of rows and the months that differ."""
    releases = Releases(home)
    tables_a, tables_b = releases.manifest(a).tables, releases.manifest(b).tables
    found = []
    with scratch() as con:
        for name, release in (("a", a), ("b", b)):
            con.execute(f"attach {literal(releases.folder(release) / DATABASE)} as {name} (read_only)")
        for table in sorted(tables_a.keys() | tables_b.keys()):
            if tables_a.get(table) == tables_b.get(table):
                continue
            if table not in tables_a or table not in tables_b:
                rows_a = tables_a[table].rows if table in tables_a else 0
                rows_b = tables_b[table].rows if table in tables_b else 0
                found.append(TableDifference(table, rows_a, rows_b, ()))
                continue
            found.append(_compare(con, table))
    return found


def _compare(con: duckdb.DuckDBPyConnection, table: str) -> TableDifference:
    """The difference in the columns that both have: a later version of the warehouse may have added some."""
    of_b = {row[0] for row in con.execute(f"describe b.main.{table}").fetchall()}
    columns = [row[0] for row in con.execute(f"describe a.main.{table}").fetchall() if row[0] in of_b]
    a, b = (f"select {', '.join(columns)} from {side}.main.{table}" for side in "ab")
    con.execute(f"create or replace temp table only_a as {a} except all {b}")
    con.execute(f"create or replace temp table only_b as {b} except all {a}")
    counts = [(con.execute(f"select count(*) from only_{side}").fetchone() or (0,))[0] for side in "ab"]
    months = (
        con.execute(
            "select distinct strftime(month, '%Y-%m') from (select month from only_a union select month from only_b) "
            "order by 1"
        ).fetchall()
        if "month" in columns
        else []
    )
    return TableDifference(table, counts[0], counts[1], tuple(m for (m,) in months))
