"""Small helpers around DuckDB that every stage needs: scratch connections and safe literals."""

from __future__ import annotations

import tempfile
import threading
import uuid
from pathlib import Path

import duckdb

from orchestration.base.settings import settings

#: Bytes of tables for which another thread is worth having: on fewer it mostly waits, and waits busily.
WORTH_A_THREAD = 256_000_000
_OF_THREAD = threading.local()


def cursor() -> duckdb.DuckDBPyConnection:
    """A connection to the one in-memory database of this thread, for statements that leave nothing but files.

    Only temporary views and tables: others would be seen by all. Opening a database of its own costs more than
    parsing a small file. It has one thread, since one thread reads a CSV file in order, and another would wait busily;
    and little memory, since it would only keep what has been read.
    """
    if not hasattr(_OF_THREAD, "database"):
        _OF_THREAD.database = _connect(threads=1, memory="256MB")
    made: duckdb.DuckDBPyConnection = _OF_THREAD.database.cursor()
    return made


def scratch(of: Path | None = None, memory: str | None = None) -> duckdb.DuckDBPyConnection:
    """An in-memory connection with bounded memory, which spills to the system's temporary folder.

    `of`: the database that it is to read, whose size says how many threads are worth having; None = as many as may be.
    `memory`: the bound, if it is another than `BONDED_DUCKDB_MEMORY`.
    """
    threads = threads_for(_size(of)) if of else settings().duckdb_threads
    return _connect(threads, memory or settings().duckdb_memory)


def reading(database: Path) -> duckdb.DuckDBPyConnection:
    """A connection that only reads a database."""
    return duckdb.connect(str(database), read_only=True, config={"threads": str(threads_for(_size(database)))})


def threads_for(size: int) -> int:
    """How many threads are worth having on tables of so many bytes; at most `BONDED_DUCKDB_THREADS`."""
    return min(settings().duckdb_threads, 1 + size // WORTH_A_THREAD)


def _size(database: Path) -> int:
    return database.stat().st_size if database.exists() else 0


def _connect(threads: int, memory: str) -> duckdb.DuckDBPyConnection:
    # DuckDB names spill files alike in every process: in one folder, two would read each other's rows as their own.
    spill = Path(tempfile.gettempdir()) / f"bonded-spill-{uuid.uuid4().hex}"
    return duckdb.connect(
        ":memory:",
        config={
            "memory_limit": memory,
            "temp_directory": str(spill),
            "threads": str(threads),
            # A file that is written anew within a second, with the same size, would be read as it was.
            "enable_external_file_cache": "false",
        },
    )


def literal(value: object) -> str:
    """The value as an SQL text literal, for statements that take no parameters."""
    return "'" + str(value).replace("'", "''") + "'"
