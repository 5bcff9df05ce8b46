"""Reading a release: SQL on it, and on nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from orchestration.base.errors import RefusalError
from orchestration.releases.database import DATABASE


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
