"""Small helpers around DuckDB that every stage needs: scratch connections and safe literals."""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb

from orchestration.settings import settings


def scratch() -> duckdb.DuckDBPyConnection:
    """An in-memory connection with bounded memory, which spills to the system's temporary folder."""
    spill = Path(tempfile.gettempdir()) / "bonded-spill"
    config = {"memory_limit": settings().duckdb_memory, "temp_directory": str(spill), "threads": "2"}
    return duckdb.connect(":memory:", config=config)


def literal(value: object) -> str:
    """The value as an SQL text literal, for statements that take no parameters."""
    return "'" + str(value).replace("'", "''") + "'"
