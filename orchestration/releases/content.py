"""The content of a published database: tables, content hashes, Parquet files.

DuckDB files are not byte-stable, so "unchanged" and every comparison of releases use content hashes.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
from pydantic import BaseModel, ConfigDict

from orchestration.base.duck import literal, scratch

#: Added after the verdict, so no part of the audited content.
AFTER_AUDIT = ("audit_results", "release_info")


class TableContent(BaseModel):
    """Rows and content hash of one table: the hash of its rows in their published order."""

    model_config = ConfigDict(frozen=True)

    rows: int
    content_hash: str


class FileContent(BaseModel):
    """Size and hash of one file of a release."""

    model_config = ConfigDict(frozen=True)

    bytes: int
    sha256: str


def table_content(con: duckdb.DuckDBPyConnection, table: str) -> TableContent:
    """Content of a table, in row order; the names and types of its columns belong to it."""
    columns = con.execute(f"select column_name, column_type from (describe {table})").fetchall()
    parts = con.execute(
        f"select count(*), md5(string_agg(hash(t)::varchar, ',' order by t.rowid)) from {table} t "
        "group by t.rowid // 100000 order by min(t.rowid)"
    ).fetchall()
    digest = hashlib.sha256(repr(columns).encode())
    for _, part in parts:
        digest.update(part.encode())
    return TableContent(rows=sum(n for n, _ in parts), content_hash=digest.hexdigest())


def database_content(database: Path) -> dict[str, TableContent]:
    """Content of every audited table of a published database."""
    with scratch() as con:
        con.execute(f"attach {literal(database)} as published (read_only)")
        tables = con.execute(
            "select table_name from duckdb_tables() where database_name = 'published' order by 1"
        ).fetchall()
        return {t: table_content(con, f'published.main."{t}"') for (t,) in tables if t not in AFTER_AUDIT}


def file_content(path: Path) -> FileContent:
    """Size and hash of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return FileContent(bytes=path.stat().st_size, sha256=digest.hexdigest())
