"""Rows that stay in the home: a publisher's own rows, where its terms do not let them be passed on.

Belongs here: which rows of a release these are, and how a question is kept from them. Not here: the terms (`terms`),
nor how anything leaves (`handing_on`, `pages`).

A published table with a `receipt_id` holds rows as they were printed; a mart holds sums, which may be shown with the
attribution.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field

import duckdb

from orchestration.base.duck import literal
from orchestration.releases.manifest import Manifest
from orchestration.releases.terms import may_leave, terms

PRINTED_BY, SOURCE = "receipt_id", "source"


@dataclass(frozen=True)
class Withheld:
    """The sources whose rows stay, and by source the receipts that printed them.

    `alias`: the name of the release's file beside the views without them. It is drawn anew for each question, and no
    question can hear of it before it is asked: so none can name the tables behind the views.
    """

    receipts: dict[str, tuple[str, ...]]
    alias: str = field(default_factory=lambda: f"kept_{uuid.uuid4().hex}")

    @property
    def sources(self) -> list[str]:
        """Their names."""
        return sorted(self.receipts)

    def shadow(self, con: duckdb.DuckDBPyConnection, name: str) -> None:
        """A database of this name with a view on each table and view of the release, without the rows that stay."""
        con.execute(f"attach ':memory:' as {name}")
        for table, columns in _tables(con, self.alias).items():
            rows = f"select * from {self.alias}.main.{_quoted(table)}"
            if PRINTED_BY in columns:
                rows += f" where {self._by_source(columns)} is null"
            con.execute(f"create view {name}.main.{_quoted(table)} as {rows}")

    def counted(
        self, con: duckdb.DuckDBPyConnection, database: str, of: Collection[str] | None = None
    ) -> dict[str, dict[str, int]]:
        """By table and source the rows that stay; of these tables alone, if some are named."""
        found = {}
        for table, columns in _tables(con, database).items():
            if PRINTED_BY in columns and (not of or table in of):
                by = self._by_source(columns)
                sql = f"select {by} as kept, count(*) from {database}.main.{_quoted(table)} where kept is not null"
                if rows := dict(con.execute(f"{sql} group by 1 order by 1").fetchall()):
                    found[table] = rows
        return found

    def _by_source(self, columns: Collection[str]) -> str:
        """SQL: whose row it is, of those that stay; NULL of any other."""
        whens = []
        for source, receipts in self.receipts.items():
            named = [f"{SOURCE} = {literal(source)}"] if SOURCE in columns else []
            printed = [f"{PRINTED_BY} in ({', '.join(map(literal, receipts))})"] if receipts else []
            whens.append(f"when {' or '.join([*named, *printed]) or 'false'} then {literal(source)}")
        return f"(case {' '.join(whens)} end)"


def withheld(said: Manifest) -> Withheld | None:
    """What stays of a release, by its terms and the permissions that there are now; None where nothing does."""
    stay = terms(said).keys() - may_leave(said)
    if not stay:
        return None
    printed = [(r.scope.source, r.receipt_id) for r in said.receipts]
    printed += [(d.source, d.receipt_id) for d in said.documents]
    return Withheld({name: tuple(r for source, r in printed if source == name) for name in sorted(stay)})


def sentences(left_out: dict[str, dict[str, int]]) -> list[str]:
    """What was left out, a sentence for each table."""
    return [
        f"left out of {table}: {', '.join(f'{n:,} rows of {source}' for source, n in by.items())}; the publisher's "
        "terms do not let its rows be passed on. Sums of marts may be shown, with the attribution"
        for table, by in left_out.items()
    ]


def _tables(con: duckdb.DuckDBPyConnection, database: str) -> dict[str, set[str]]:
    """Columns of each table and view."""
    rows = con.execute(
        "select table_name, list(column_name) from duckdb_columns() "
        "where database_name = ? and schema_name = 'main' and not internal group by 1 order by 1",
        [database],
    ).fetchall()
    return {table: set(columns) for table, columns in rows}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
