"""Small helpers around DuckDB that every stage needs: scratch connections and safe literals."""

from __future__ import annotations

import tempfile
import uuid
from pathlib import Path

import duckdb

from orchestration.settings import settings


def scratch() -> duckdb.DuckDBPyConnection:
    """An in-memory connection with bounded memory, which spills to the system's temporary folder."""
    return _connect(threads=2)


def _connect(threads: int) -> duckdb.DuckDBPyConnection:
    # DuckDB names spill files alike in every process: in one folder, two would read each other's rows as their own.
    spill = Path(tempfile.gettempdir()) / f"bonded-spill-{uuid.uuid4().hex}"
    config = {"memory_limit": settings().duckdb_memory, "temp_directory": str(spill), "threads": str(threads)}
    return duckdb.connect(":memory:", config=config)


def literal(value: object) -> str:
    """The value as an SQL text literal, for statements that take no parameters."""
    return "'" + str(value).replace("'", "''") + "'"
