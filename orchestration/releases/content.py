"""What a published database holds, by table, stream and month; and what its files are.

DuckDB files are not byte-stable, so "unchanged", which months a candidate must write, and every comparison of releases
use content hashes. They do not depend on the order of rows; names and types of columns belong to them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection
from pathlib import Path

import duckdb
from pydantic import BaseModel, ConfigDict

from orchestration.base.duck import literal, scratch
from orchestration.base.hashes import file_sha256
from orchestration.base.months import format_month

#: Compares with the release before, so that it differs where two releases hold the same.
CORRECTIONS = "mart_correction"
#: No part of the content by which releases are compared: what is added after the verdict, and what speaks of another.
NOT_CONTENT = ("audit_results", "release_info", CORRECTIONS)
#: A table with all of these has months; any other is one piece.
BY_MONTH = ("source", "reporter", "flow", "month")

#: A stream, `source reporter flow`, and a month, YYYY-MM; both empty for a table in one piece.
Slice = tuple[str, str]


class TableContent(BaseModel):
    """Rows and content hash of one table. `months`: by stream and month, rows and hash; None if it is one piece."""

    model_config = ConfigDict(frozen=True)

    rows: int
    content_hash: str
    months: dict[str, dict[str, tuple[int, str]]] | None = None

    @property
    def slices(self) -> dict[Slice, tuple[int, str]]:
        """Rows and hash of each stream and month, or of the table in one piece."""
        if self.months is None:
            return {("", ""): (self.rows, self.content_hash)}
        return {(stream, month): said for stream, of in self.months.items() for month, said in of.items()}

    @property
    def by_month(self) -> dict[str, str]:
        """Hashes by month, all streams together; of a table in one piece under ''."""
        found: dict[str, str] = {}
        for (stream, month), (_, said) in sorted(self.slices.items()):
            found[month] = f"{found.get(month, '')} {stream} {said}".strip()
        return found


def unlike(a: TableContent | None, b: TableContent | None) -> set[Slice]:
    """Streams and months in which two contents of one table differ."""
    of_a, of_b = (table.slices if table else {} for table in (a, b))
    return {piece for piece in of_a.keys() | of_b.keys() if of_a.get(piece) != of_b.get(piece)}


class FileContent(BaseModel):
    """Size and hash of one file of a release. `mark`: inode and time by which a link to it is known again."""

    model_config = ConfigDict(frozen=True)

    bytes: int
    sha256: str
    mark: str = ""


def columns_of(con: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str]]:
    """Names and types of a table's columns."""
    return con.execute(f"select column_name, column_type from (describe {table})").fetchall()


def has_months(columns: list[tuple[str, str]]) -> bool:
    """Whether a table is kept by stream and month."""
    return set(BY_MONTH) <= {name for name, _ in columns}


def table_content(con: duckdb.DuckDBPyConnection, table: str) -> TableContent:
    """Content of a table, whatever the order of its rows."""
    columns = columns_of(con, table)
    monthly = has_months(columns)
    by = ", ".join(BY_MONTH) if monthly else "'', '', '', null"
    hashed = f"select {by}, count(*), sum(hash(t)), bit_xor(hash(t)) from {table} as t"
    found = con.execute(f"{hashed} group by 1, 2, 3, 4 order by 1, 2, 3, 4").fetchall()
    rows = sum(row[4] for row in found)
    if not monthly:
        return TableContent(rows=rows, content_hash=_digest(columns, found))
    months: dict[str, dict[str, tuple[int, str]]] = {}
    for row in found:
        (stream, month), said = _slice(columns, *row)
        months.setdefault(stream, {})[month] = said
    return TableContent(rows=rows, content_hash=_digest(columns, months), months=months)


def file_slices(con: duckdb.DuckDBPyConnection, rows: str) -> dict[str, dict[Slice, tuple[int, str]]]:
    """By Parquet file what it holds of a table that has months. `rows`: a call of `read_parquet`."""
    columns = columns_of(con, f"(from {rows})")
    # The hash of a row of the table, without the name of the file beside it.
    row = "hash({" + ", ".join(f"'{name}': \"{name}\"" for name, _ in columns) + "})"
    by = f"filename, {', '.join(BY_MONTH)}"
    named = f"{rows.removesuffix(')')}, filename = true)"
    found: dict[str, dict[Slice, tuple[int, str]]] = {}
    hashed = f"select {by}, count(*), sum({row}), bit_xor({row}) from {named} group by {by}"
    for path, *of_path in con.execute(hashed).fetchall():
        piece, said = _slice(columns, *of_path)
        found.setdefault(path, {})[piece] = said
    return found


def _slice(
    columns: list[tuple[str, str]], source: str, reporter: str, flow: str, month: dt.date, n: int, *sums: int
) -> tuple[Slice, tuple[int, str]]:
    """A stream and month, its rows and hash."""
    return (f"{source} {reporter} {flow}", format_month(month)), (n, _digest(columns, n, *sums))


def _digest(*parts: object) -> str:
    return hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()


def contents(con: duckdb.DuckDBPyConnection, database: str, tables: Collection[str]) -> dict[str, TableContent]:
    """Content of tables of an attached database."""
    return {table: table_content(con, f'{database}.main."{table}"') for table in sorted(tables)}


def correction_content(con: duckdb.DuckDBPyConnection, database: str) -> TableContent:
    """Content of the corrections of an attached database, in one piece."""
    return table_content(con, f"{database}.main.{CORRECTIONS}").model_copy(update={"months": None})


def database_content(database: Path) -> dict[str, TableContent]:
    """Content of every audited table of a published database."""
    with scratch(database) as con:
        con.execute(f"attach {literal(database)} as published (read_only)")
        tables = con.execute("select table_name from duckdb_tables() where database_name = 'published'").fetchall()
        return contents(con, "published", [table for (table,) in tables if table not in NOT_CONTENT])


def file_content(path: Path) -> FileContent:
    """Size, hash and mark of a file, read wholly."""
    return FileContent(bytes=path.stat().st_size, sha256=file_sha256(path), mark=_mark(path))


def _mark(path: Path) -> str:
    said = path.stat()
    return f"{said.st_ino} {said.st_mtime_ns}"


def is_marked(path: Path, said: FileContent) -> bool:
    """Whether a file is by inode, size and time the one of which this was said."""
    return path.is_file() and (path.stat().st_size, _mark(path)) == (said.bytes, said.mark)


def is_as_published(path: Path, said: FileContent) -> bool:
    """Whether a file is by size and time the one of which this was said, also where it has been copied since; it is
    read where only its time differs.
    """
    if not path.is_file() or path.stat().st_size != said.bytes:
        return False
    return _mark(path).split()[-1:] == said.mark.split()[-1:] or is_intact(path, said)


def is_intact(path: Path, said: FileContent) -> bool:
    """Whether a file, read wholly, is what was said of it, wherever it lies now."""
    return path.is_file() and file_sha256(path) == said.sha256
