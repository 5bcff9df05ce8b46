"""Reading a release: one question in SQL, on it and on nothing else.

Belongs here: what a question may be, and may cost. Not here: which release is asked (`store`), which rows may leave
(`withheld`), nor printing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from orchestration.base.duck import literal, scratch
from orchestration.base.errors import RefusalError
from orchestration.base.interrupt import stop_if_asked
from orchestration.base.settings import settings
from orchestration.releases.database import DATABASE
from orchestration.releases.withheld import Withheld

if TYPE_CHECKING:
    import pyarrow as pa

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


@dataclass(frozen=True)
class Answer:
    """Columns by name and type, and their rows, once: as tuples or as batches of Arrow.

    `tables`: what the question names, as far as that can be read from it, and `comments` by table and column what the
    release says of it, where that is wanted. `left_out`: by table and source rows that are not passed on.
    """

    columns: list[str]
    types: list[Any]
    tables: frozenset[str]
    comments: dict[str, dict[str, str]]
    left_out: dict[str, dict[str, int]]
    _cursor: duckdb.DuckDBPyConnection

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The rows; `RefusalError` where they are more than memory should hold."""
        count = 0
        while found := self._cursor.fetchmany(ROWS_AT_ONCE):
            count += len(found) * len(self.columns)
            if count > LARGEST:
                raise RefusalError(
                    f"the answer has more than {LARGEST:,} values",
                    remedy="add a limit, or fewer columns; bonded export --sql writes an answer of any size to a file",
                )
            yield from found

    def arrow(self) -> pa.RecordBatchReader:
        """The rows as a stream, of which little is in memory at a time."""
        return self._cursor.to_arrow_reader(ROWS_AT_ONCE)


def run_sql(folder: Path, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Columns and rows of a question to a release; read-only, without access to any other file, in bounded memory.

    `RefusalError` for whatever is no question, and for one that fails.
    """
    with asked(folder, sql) as answer:
        return answer.columns, list(answer.rows())


@contextmanager
def asked(folder: Path, sql: str, withheld: Withheld | None = None, *, described: bool = False) -> Iterator[Answer]:
    """The answer to a question, for as long as it is read. `withheld`: rows that it must not see, if any; `described`:
    with what the release says of its tables.

    `RefusalError` for whatever is no question, and for one that fails, also while it is read.
    """
    with _in_words(folder), _open(folder, withheld) as (con, alias):
        _refuse_what_is_no_question(con, sql)
        tables = _named(con, sql) if described or withheld else frozenset()
        comments = _comments(con, alias) if described else {}
        left_out = withheld.counted(con, alias, tables) if withheld else {}
        cursor = con.execute(sql)
        columns, types = [c[0] for c in cursor.description], [c[1] for c in cursor.description]
        yield Answer(columns, types, tables, comments, left_out, cursor)


def distinct(columns: list[str]) -> list[str]:
    """Names of columns of which none is lost as a key."""
    found: list[str] = []
    for name in columns:
        tried, n = name, 0
        while tried in found:
            n += 1
            tried = f"{name}_{n}"
        found.append(tried)
    return found


@contextmanager
def _in_words(folder: Path) -> Iterator[None]:
    """Whatever fails within is a refusal that says what to do."""
    try:
        yield
    except (RefusalError, BrokenPipeError):
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
    except OSError:
        raise  # the system's, of what is written while it is read
    except Exception as error:
        # A value that Python cannot hold, text that is no text: whatever it is, the question is at fault.
        stop_if_asked()
        raise RefusalError(f"the query failed: {_said(error)}", remedy="bonded query 'show all tables'") from None


@contextmanager
def _open(folder: Path, withheld: Withheld | None) -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
    """The database of a release as `trade`, and nothing else that could be opened; it spills outside the home.

    Where rows are withheld, `trade` has views without them. With it the name by which the file itself is attached.
    """
    alias = withheld.alias if withheld else "trade"
    with scratch(folder / DATABASE) as con:
        con.execute(f"attach {literal(folder / DATABASE)} as {alias} (read_only)")
        if withheld:
            withheld.shadow(con, "trade")
        con.execute("use trade")
        con.execute(f"set max_temp_directory_size = {literal(settings().query_spill)}")
        for name in ("enable_external_access", "autoload_known_extensions", "autoinstall_known_extensions"):
            con.execute(f"set {name} = false")
        con.execute("set lock_configuration = true")
        yield con, alias


def _named(con: duckdb.DuckDBPyConnection, sql: str) -> frozenset[str]:
    """The tables and views that a question names; none of one that does not say them by themselves."""
    try:
        return frozenset(con.get_table_names(sql))
    except duckdb.Error:
        return frozenset()


def _comments(con: duckdb.DuckDBPyConnection, alias: str) -> dict[str, dict[str, str]]:
    rows = con.execute(
        "select table_name, column_name, coalesce(comment, '') from duckdb_columns() where database_name = ?", [alias]
    ).fetchall()
    found: dict[str, dict[str, str]] = {}
    for table, column, comment in rows:
        found.setdefault(table, {})[column] = comment
    return found


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


def _said(error: Exception) -> str:
    """What went wrong, without the place in the text that DuckDB draws below it."""
    text = " ".join(str(error).split("\n\n")[0].split()) or type(error).__name__
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} …"
