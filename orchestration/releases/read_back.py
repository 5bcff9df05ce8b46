"""Reading back the Parquet files of a release: they hold what its database holds, stream by stream and month by month.

Belongs here: what the files hold. Not here: whether they are the bytes that were published (`content.is_intact`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import duckdb

from orchestration.base.duck import literal, scratch
from orchestration.releases.content import (
    NOT_CONTENT,
    TableContent,
    columns_of,
    correction_content,
    database_content,
    file_slices,
    table_content,
)
from orchestration.releases.database import DATABASE
from orchestration.releases.manifest import Manifest

#: Names and types of the columns of each file.
FORMS = """
select file_name, list((name, type, converted_type, logical_type, precision, scale)) from parquet_schema([{}])
group by 1"""
#: All rows of a table, whatever their order.
WHOLE = "select count(*), sum(hash(t)), bit_xor(hash(t)) from {} as t"


def differing(folder: Path, said: Manifest | None) -> list[str]:
    """Sentences of what does not hold what it must in a release: its database, then its Parquet files.

    `said`: its manifest, which says what the database holds; None = whatever it holds.
    """
    try:
        held = database_content(folder / DATABASE)
        corrected = said.corrections.content if said else None
        is_same = corrected is None or corrected == _corrections(folder / DATABASE)
    except duckdb.Error as error:
        return [f"{DATABASE} cannot be read ({str(error).splitlines()[0]})"]
    if said is not None and (held != said.tables or not is_same):
        return [f"{DATABASE} does not hold what release.json says"]
    return differing_files(folder, held)


def _corrections(database: Path) -> TableContent:
    with scratch(database) as con:
        con.execute(f"attach {literal(database)} as published (read_only)")
        return correction_content(con, "published")


def differing_files(folder: Path, tables: Mapping[str, TableContent], but: Collection[str] = ()) -> list[str]:
    """Sentences of the Parquet files of a release, or a candidate, that do not hold what its tables are said to.

    `but`: names of files that were read back before and are still the same.
    """
    parquet = folder / "parquet"
    files = {place: (table, month) for table, of in tables.items() for place, month in _places(parquet, table, of)}
    files |= {parquet / f"{table}.parquet": (table, "") for table in NOT_CONTENT}
    there = {path for path in parquet.rglob("*") if path.is_file()}
    found = [f"{_named(path)} is not there" for path in sorted(files.keys() - there)]
    found += [f"{_named(path)} belongs to no table" for path in sorted(there - files.keys())]
    with scratch(folder / DATABASE) as con:
        con.execute(f"attach {literal(folder / DATABASE)} as published (read_only)")
        for table in [*tables, *NOT_CONTENT]:
            mine = {path: month for path, (of, month) in files.items() if of == table and path in there}
            mine = {path: month for path, month in mine.items() if _named(path) not in but}
            differ = _differing(con, table, mine, tables.get(table)) if mine else ()
            found += [f"{_named(path)} does not hold what {DATABASE} holds" for path in differ]
    return found


def _differing(
    con: duckdb.DuckDBPyConnection, table: str, files: Mapping[Path, str], content: TableContent | None
) -> Iterator[Path]:
    """Those of a table's files, each with its month, that hold something else; `content`: None = as in the database."""
    rows = f"read_parquet([{', '.join(map(literal, files))}], hive_partitioning = false)"
    try:
        if content is None:
            sides = (rows, f"published.main.{table}")
            same = len({repr((columns_of(con, f"(from {s})"), con.execute(WHOLE.format(s)).fetchall())) for s in sides})
            yield from files if same > 1 else ()
            return
        forms = con.execute(FORMS.format(", ".join(map(literal, files)))).fetchall()
        if len({repr(said) for _, said in forms}) > 1:
            # Read together, the others would be taken for what the first is.
            yield from _each(con, table, files, content)
            return
        if content.months:
            held = file_slices(con, rows)
        else:
            held = dict.fromkeys(map(str, files), table_content(con, f"(from {rows})").slices)
    except duckdb.Error:
        # One that cannot be read keeps the others from being read with it.
        yield from files if len(files) == 1 else _each(con, table, files, content)
        return
    for path, month in files.items():
        if held.get(str(path), {}) != {piece: of for piece, of in content.slices.items() if piece[1] == month}:
            yield path


def _each(
    con: duckdb.DuckDBPyConnection, table: str, files: Mapping[Path, str], content: TableContent | None
) -> Iterator[Path]:
    for path, month in files.items():
        yield from _differing(con, table, {path: month}, content)


def _places(parquet: Path, table: str, content: TableContent) -> Iterator[tuple[Path, str]]:
    """Where a table's files lie, each with its month; one of a table that has none, or no rows."""
    if not content.months:
        yield parquet / f"{table}.parquet", ""
    for month in sorted({month for _, month in content.slices}) if content.months else ():
        yield parquet / table / f"month={month}" / "data.parquet", month


def _named(path: Path) -> str:
    """A file by its name within the release."""
    parts = path.parts
    return "/".join(parts[len(parts) - 1 - parts[::-1].index("parquet") :])
