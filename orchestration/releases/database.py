"""The file of a release: written anew in order, or as a copy of the release before with the changed months replaced.

Belongs here: how published rows get from the build database into the file and into Parquet beside it. Not here: what a
candidate is made of (`candidate`).
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from orchestration.base.duck import literal, scratch
from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.releases.content import (
    BY_MONTH,
    NOT_CONTENT,
    FileContent,
    Slice,
    TableContent,
    columns_of,
    contents,
    is_intact,
    is_marked,
    unlike,
)
from orchestration.releases.published import STORAGE, PublishedModel, comment, metadata, published_models, write_views

DATABASE = "trade.duckdb"
#: Since when the figures of a source are held back, and the table that says what a source is.
HELD_SINCE, DESCRIBES = "held_back_since", "dim_source"
#: Of all rows: where more were replaced since a file was last written in order, it is written in order again.
REPLACED = 0.2
#: A table by month with these has categories: where one of them changes, the others are left as they are.
BY_CATEGORY = ("category_scheme", "category_code")


@dataclass(frozen=True)
class Before:
    """The release before, from which a candidate may take over what has not changed.

    `replaced`: rows replaced since its file was last written in order. `read_whole_at`: when all that it took over was
    last read wholly; `whole`: it is time again.
    """

    folder: Path
    tables: dict[str, TableContent]
    files: dict[str, FileContent]
    replaced: int
    read_whole_at: dt.datetime
    whole: bool

    def trusted(self, name: str) -> Path | None:
        """A file of it that is still what was published, or None."""
        path, said = self.folder / name, self.files.get(name)
        if said and ((not self.whole and is_marked(path, said)) or is_intact(path, said)):
            return path
        return None


@dataclass
class Written:
    """What was written: content of all tables, slices unlike the release before, rows replaced since order."""

    tables: dict[str, TableContent]
    changed: dict[str, set[Slice]] = field(default_factory=dict)
    replaced: int = 0


def write_database(
    home: Home, database: Path, before: Before | None = None, held_back: Mapping[str, dt.date] | None = None
) -> Written:
    """Write the published models of the build database, and the views on them, into a new file.

    `held_back`: sources whose rows are those of the release before, and since when.
    What differs from the release before is told by content hashes, and so is whether the file holds what it should:
    a copy that does not, because that release was damaged, is written anew.
    """
    models = published_models()
    names = [model.name for model in models]
    with scratch(home.build_database) as con:
        con.execute(f"attach {literal(home.build_database)} as build (read_only)")
        _as_it_is_to_be(con, before, held_back or {})
        tables = contents(con, "made", names)
        held = before.tables if before else {}
        changed = {name: unlike(tables[name], held.get(name)) for name in names}
        written = Written(tables, changed)
        if before and _took_over(con, before, database, written):
            return written
        written.replaced = 0
        _write_anew(con, database)
        if contents(con, "out", names) != tables:
            raise RefusalError("the build database changed while it was copied", remedy="bonded run again")
    return written


def _as_it_is_to_be(con: duckdb.DuckDBPyConnection, before: Before | None, held_back: Mapping[str, dt.date]) -> None:
    """Views `made.main.<table>`: the tables of the build database, but for rows of sources that are held back.

    Their rows are those of the release before; what a source is, it says of itself today. Tables that show since when
    have the day.
    """
    con.execute("attach ':memory:' as made")
    if before and held_back:
        if not is_intact(before.folder / DATABASE, before.files[DATABASE]):
            raise RefusalError(
                f"{DATABASE} of release {before.folder.name} is not what was published, and figures that are held back "
                "would be taken from it",
                remedy="bonded doctor tells what is damaged; bonded rollback to a sound release",
            )
        con.execute(f"attach {literal(before.folder / DATABASE)} as before (read_only)")
    names = ", ".join(map(literal, held_back))
    for model in published_models():
        built = f"from build.main.{model.name}"
        if held_back and "source" in model.columns:
            days = " ".join(f"when {literal(source)} then date '{day}'" for source, day in held_back.items())
            marked = f"replace (case source {days} end as {HELD_SINCE})" if HELD_SINCE in model.columns else ""
            built += "" if model.name == DESCRIBES else f" where coalesce(source, '') not in ({names})"
            if before and model.name != DESCRIBES:
                built += f" union all by name from before.main.{model.name} where source in ({names})"
            built = f"select * {marked} from ({built})"
        con.execute(f"create view made.main.{model.name} as {built}")


def _took_over(con: duckdb.DuckDBPyConnection, before: Before, database: Path, written: Written) -> bool:
    """Whether the file is now a copy of the release before, with what has changed replaced in it."""
    try:
        con.execute(f"attach if not exists {literal(before.folder / DATABASE)} as before (read_only)")
        unlike_parts = {name: _parts(con, name, pieces) for name, pieces in written.changed.items() if pieces}
        for name, where in unlike_parts.items():
            rows = [
                con.execute(f"select count(*) from {side}.main.{name} {where}").fetchall()[0][0]
                for side in ("made", "before")
            ]
            written.replaced += max(rows)
        written.replaced += before.replaced
        if written.replaced > REPLACED * sum(table.rows for table in written.tables.values()):
            return False
        _replace(con, before.folder / DATABASE, database, unlike_parts)
        if contents(con, "out", list(written.tables)) == written.tables:
            return True
    except (duckdb.Error, OSError):
        pass  # that file is not what was published: nothing of it is of use
    con.execute("detach database if exists out")
    database.unlink(missing_ok=True)
    return False


def _parts(con: duckdb.DuckDBPyConnection, name: str, pieces: set[Slice]) -> str:
    """The rows of a table that differ from the release before, as a condition: some streams and months of it, and of a
    table with categories only those that differ there. A new category is in every month, and little of any.
    """
    where, by = _where(pieces), ", ".join((*BY_MONTH, *BY_CATEGORY))
    columns = {column for column, _ in columns_of(con, f"made.main.{name}")}
    if not columns.issuperset((*BY_MONTH, *BY_CATEGORY)):
        return where
    now, then = (
        f"select {by}, count(*) as n, sum(hash(t)) as s, bit_xor(hash(t)) as x from {side}.main.{name} as t {where} "
        "group by all"
        for side in ("made", "before")
    )
    con.execute(
        f"create or replace temp table unlike_{name} as select distinct {by} from "
        f"((({now}) except ({then})) union all (({then}) except ({now})))"
    )
    return f"where ({by}) in (from unlike_{name})"


def _write_anew(con: duckdb.DuckDBPyConnection, database: Path) -> None:
    con.execute(f"attach {literal(database)} as out (storage_version '{STORAGE}')")
    for model in published_models():
        order = ", ".join(model.sort)
        con.execute(f"create table out.main.{model.name} as from made.main.{model.name} order by {order}")
        comment(con, "out", model)
    write_views(con, "out")


def _replace(con: duckdb.DuckDBPyConnection, source: Path, database: Path, changed: dict[str, str]) -> None:
    """Copy the file of the release before and replace in it what has changed: by table a condition on its rows.

    Each statement stands by itself: nobody reads the copy yet, and one transaction would keep all of it in memory.
    """
    shutil.copyfile(source, database)
    con.execute(f"attach {literal(database)} as out")
    for table in NOT_CONTENT:
        con.execute(f"drop table if exists out.main.{table}")
    for model in published_models():
        if (where := changed.get(model.name)) is None:
            continue
        con.execute(f"delete from out.main.{model.name} {where}")
        con.execute(
            f"insert into out.main.{model.name} from made.main.{model.name} {where} order by {', '.join(model.sort)}"
        )
    write_views(con, "out")


def _where(pieces: set[Slice]) -> str:
    """The rows of some streams and months; of a table in one piece, all."""
    if pieces == {("", "")}:
        return ""
    rows = ", ".join(
        f"({', '.join(literal(part) for part in stream.split(' '))}, date '{month}-01')"
        for stream, month in sorted(pieces)
    )
    return f"where ({', '.join(BY_MONTH)}) in ({rows})"


def write_parquet(database: Path, written: Written, before: Before | None) -> None:
    """The tables as Parquet beside the file, what has not changed as links.

    By month where a table has months; one that has none, or no rows, is one file.
    """
    folder = database.parent
    # One thread, so that the rows of a month stay in order.
    with scratch(database) as con:
        con.execute("set threads = 1")
        con.execute(f"attach {literal(database)} as made (read_only)")
        is_synthetic = _is_synthetic(con)
        for model in published_models():
            content = written.tables[model.name]
            if not content.months:
                name = f"parquet/{model.name}.parquet"
                if written.changed[model.name] or not _linked(before, folder, name):
                    write_file(con, f"made.main.{model.name}", folder / name, metadata(model, is_synthetic))
                continue
            fresh = {month for _, month in written.changed[model.name]}
            months = sorted({month for _, month in content.slices})
            missing = [
                month
                for month in months
                if month in fresh or not _linked(before, folder, f"parquet/{model.name}/month={month}/data.parquet")
            ]
            if missing:
                _write_months(con, model, missing, folder / "parquet", metadata(model, is_synthetic))


def _is_synthetic(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the figures of the attached database are made up."""
    return bool(con.execute("select bool_or(is_synthetic) from made.main.dim_source").fetchall()[0][0])


def write_file(con: duckdb.DuckDBPyConnection, table: str, path: Path, told: Mapping[str, str]) -> None:
    """A table as one Parquet file. `told`: what it says of itself (`published.metadata`)."""
    said = ", ".join(f"{key}: {literal(text)}" for key, text in told.items())
    con.execute(f"copy {table} to {literal(path)} (format parquet, compression zstd, kv_metadata {{{said}}})")


def _write_months(
    con: duckdb.DuckDBPyConnection, model: PublishedModel, months: list[str], folder: Path, told: Mapping[str, str]
) -> None:
    """The months of a table, a file each; the month stays a column, a date as in the database."""
    order = ", ".join(model.sort)
    dates = ", ".join(f"date '{month}-01'" for month in months)
    # In order of months, so that each is found without reading the others. One statement that writes a file for each
    # value (`partition_by`) does not keep the order of rows.
    rows = f"from made.main.{model.name} where month in ({dates}) order by month, {order}"
    con.execute(f"create or replace temp table months as {rows}")
    for month in months:
        place = folder / model.name / f"month={month}"
        place.mkdir(parents=True)
        write_file(con, f"(from months where month = date '{month}-01')", place / "data.parquet", told)
    con.execute("drop table months")


def _linked(before: Before | None, folder: Path, name: str) -> bool:
    """Whether a file could be taken over from the release before: as a link, or copied where links cannot be."""
    path = before.trusted(name) if before else None
    if path is None:
        return False
    place = folder / name
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, place)
    except OSError:
        shutil.copy2(path, place)
    return True
