"""Reading a release: one question in SQL, on it and on nothing else.

Belongs here: what a question may be, and may cost. Not here: which release is asked (`store`), nor printing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from orchestration.base.duck import literal, scratch
from orchestration.base.errors import RefusalError
from orchestration.base.interrupt import stop_if_asked
from orchestration.base.settings import settings
from orchestration.releases.database import DATABASE

#: Values that an answer may hold: it is kept in memory, some hundred bytes each.
LARGEST = 5_000_000
ROWS_AT_ONCE = 10_000
#: What only reads. One statement of a pivot is two: a type for its columns, and the question.
QUESTIONS = (["SELECT"], ["EXPLAIN"], ["CREATE", "SELECT"])
#: It reads nothing, and writes to wherever it is told to, standard output too.
LOGGING = re.compile(r"\benable_logging\b", re.IGNORECASE)
#: Characters that are told of what went wrong.
SHOWN = 300
#: What DuckDB says where its own file is not what it wrote.
DAMAGE = (duckdb.IOException, duckdb.InternalException, duckdb.FatalException, duckdb.SerializationException)


def run_sql(folder: Path, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Columns and rows of a question to a release; read-only, without access to any other file, in bounded memory.

    `RefusalError` for whatever is no question, and for one that fails.
    """
    try:
        with _open(folder) as con:
            _refuse_what_is_no_question(con, sql)
            cursor = con.execute(sql)
            columns = [column[0] for column in cursor.description]
            return columns, list(_rows(cursor, len(columns)))
    except RefusalError:
        raise
    except DAMAGE as error:
        raise RefusalError(
            f"{DATABASE} of {folder.name} cannot be read ({_said(error)})",
            remedy="bonded doctor names what is damaged; bonded run publishes a sound release",
        ) from None
    except duckdb.OutOfMemoryException as error:
        raise RefusalError(
            f"the query needs more memory, or disk, than it may have ({_said(error)})",
            remedy="ask for fewer rows or columns, or set BONDED_DUCKDB_MEMORY or BONDED_QUERY_SPILL",
        ) from None
    except Exception as error:
        # A value that Python cannot hold, text that is no text: whatever it is, the question is at fault.
        stop_if_asked()
        raise RefusalError(f"the query failed: {_said(error)}", remedy="bonded query 'show all tables'") from None


@contextmanager
def _open(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database of a release as `trade`, and nothing else that could be opened; it spills outside the home."""
    with scratch() as con:
        con.execute(f"attach {literal(folder / DATABASE)} as trade (read_only)")
        con.execute("use trade")
        con.execute(f"set max_temp_directory_size = {literal(settings().query_spill)}")
        for name in ("enable_external_access", "autoload_known_extensions", "autoinstall_known_extensions"):
            con.execute(f"set {name} = false")
        con.execute("set lock_configuration = true")
        yield con


def _refuse_what_is_no_question(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    if not sql.isascii() and sql != sql.encode(errors="replace").decode():
        raise RefusalError("the query has bytes that are no text", remedy="write it in UTF-8")
    statements = con.extract_statements(sql)
    kinds = [statement.type.name for statement in statements]
    if not kinds:
        raise RefusalError("there is no question in it", remedy="bonded query 'show all tables'")
    if kinds not in QUESTIONS or (len(kinds) > 1 and statements[0].query) or LOGGING.search(sql):
        several = f" ({len(kinds)} statements)" if len(kinds) > 1 else ""
        raise RefusalError(
            f"a query is one question, and read-only: select, from, show, describe, summarize, explain{several}",
            remedy="bonded query 'show all tables'",
        )


def _rows(cursor: duckdb.DuckDBPyConnection, width: int) -> Iterator[tuple[Any, ...]]:
    count = 0
    while found := cursor.fetchmany(ROWS_AT_ONCE):
        count += len(found) * width
        if count > LARGEST:
            raise RefusalError(
                f"the answer has more than {LARGEST:,} values",
                remedy="add a limit, or fewer columns; the Parquet files of the release hold whole tables",
            )
        yield from found


def _said(error: Exception) -> str:
    """What went wrong, without the place in the text that DuckDB draws below it."""
    text = " ".join(str(error).split("\n\n")[0].split()) or type(error).__name__
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} …"
