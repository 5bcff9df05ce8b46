"""Published figures that somebody has edited, as gates see them: without a copy of the file, since gates read views.

Belongs here: putting an edit before the gates' eyes, and what they say of it. Not here: which edits, and who must see
them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import duckdb

from orchestration.base.settings import PROJECT, Home
from orchestration.gates.evidence import connect, gather
from orchestration.gates.suites import GateSpec, read_suite
from orchestration.landing.store import Landing
from orchestration.releases.publish import subject_of
from orchestration.releases.store import Releases

EXPECTATIONS = PROJECT / "expectations"


@dataclass(frozen=True)
class Found:
    """A finding: which gate says of which table, column and month that it is wrong."""

    gate: str
    table: str | None
    column: str | None
    month: str


class Edited:
    """The release of a home before the eyes of the gates, with one edit after another."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        #: Columns and their types, in order, by table.
        self.columns: dict[str, dict[str, str]] = {}
        #: By table the gates that spoke of its columns when it was published.
        self.gates: dict[str, list[str]] = {}
        for table, column, kind in con.execute(
            "select table_name, column_name, data_type from published_column order by table_name, position"
        ).fetchall():
            self.columns.setdefault(table, {})[column] = kind
        spoken = "select distinct table_name, gate from published.main.audit_results where table_name is not null"
        for table, gate in con.execute(f"{spoken} order by all").fetchall():
            self.gates.setdefault(table, []).append(gate)

    def speaks(self, gate: str, table: str) -> bool:
        """Whether a gate compares anything of a table as it lies there."""
        self.con.execute("delete from evidence")
        gather(self.con, *question(gate))
        return bool(self.con.execute("select 1 from evidence where table_name = ?", [table]).fetchall())

    def findings(self, table: str, rows: str, *gates: str) -> set[Found]:
        """What some gates, or all that speak of a table, find where it has these rows: SQL on `published.main`."""
        self.con.execute("delete from evidence")
        self.con.execute(f'create or replace view "{table}" as {rows}')
        try:
            for gate in gates or self.gates[table]:
                gather(self.con, *question(gate))
            found = self.con.execute(
                "select gate, table_name, column_name, strftime(month, '%Y-%m') from evidence "
                "where n_compared > 0 and (excess > 0 or excess is null)"
            ).fetchall()
        finally:
            self.con.execute(f'create or replace view "{table}" as from published.main."{table}"')
        return {Found(*row) for row in found}

    def has(self, table: str, where: str) -> bool:
        """Whether a table has such a row."""
        return bool(self.con.execute(f'select 1 from "{table}" where {where} limit 1').fetchall())

    def replaced(self, table: str, column: str, value: str, where: str, *gates: str) -> set[Found]:
        """What is found where some rows have another value in a column."""
        said = f'if({where}, ({value})::{self.columns[table][column]}, "{column}") as "{column}"'
        return self.findings(table, f'select * replace ({said}) from published.main."{table}"', *gates)


@cache
def question(gate: str) -> tuple[GateSpec, str]:
    """A gate and its SQL."""
    sql = (EXPECTATIONS / f"{gate}.sql").read_text(encoding="utf-8").rstrip().rstrip(";")
    return read_suite(EXPECTATIONS / f"{gate}.yml"), sql


@contextmanager
def opened(home: Home) -> Iterator[Edited]:
    """The current release of a home."""
    subject = subject_of(home, Releases(home).folder())
    with connect(subject, Landing(home).state(subject.sequence)) as con:
        yield Edited(con)
