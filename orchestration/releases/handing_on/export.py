"""Handing on what a release says: a table, a view or an answer as a file that says where it comes from.

Belongs here: what is asked, what goes with it (release, SYNTHETIC, terms, how to cite), and how the file gets its name.
Not here: how values stand in a file (`formats`), nor which rows stay (`releases.withheld`).
"""

from __future__ import annotations

import datetime as dt
import difflib
import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from orchestration.base import durable
from orchestration.base.commands import word
from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.releases.handing_on.format import Format
from orchestration.releases.handing_on.formats import (
    Sheet,
    constant,
    refuse_unheld,
    write_csv,
    write_excel_csv,
    write_json,
    write_parquet,
)
from orchestration.releases.handing_on.workbook import write_workbook
from orchestration.releases.manifest import Manifest
from orchestration.releases.query import Answer, asked, distinct, run_sql
from orchestration.releases.terms import terms, told
from orchestration.releases.withheld import sentences, withheld

WRITERS = {
    Format.CSV: write_csv,
    Format.EXCEL_CSV: write_excel_csv,
    Format.XLSX: write_workbook,
    Format.PARQUET: write_parquet,
    Format.JSON: write_json,
}
TABLES = """
select table_name from duckdb_tables() where not internal
union select view_name from duckdb_views() where not internal"""
RELEASE, MADE_UP, AS_OF = "release_id", "is_synthetic", "as_of"


@dataclass(frozen=True)
class Asked:
    """What is handed on: a question to the tables in a folder, of which release, as known on which day.

    `name`: the table or view, if it is one. `passing`: what keeps the folder there, if it may not stay.
    """

    folder: Path
    said: Manifest
    sql: str
    name: str | None = None
    as_of: dt.date | None = None
    passing: object = None


@dataclass(frozen=True)
class Exported:
    """What a file has become. `remarks`: what whoever has it should know, in sentences."""

    release_id: str
    is_synthetic: bool
    format: Format
    rows: int
    columns: list[str]
    left_out: dict[str, dict[str, int]]
    remarks: list[str]


def question_of(folder: Path, name: str) -> str:
    """The question for a whole table or view; `RefusalError` naming the nearest if there is none."""
    known = sorted(row[0] for row in run_sql(folder, TABLES)[1])
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3)
        raise RefusalError(
            f"the release has no table or view {name!r}" + (f"; near it: {', '.join(near)}" if near else ""),
            remedy="bonded query 'show all tables'",
        )
    return f"from {name}" if name.isidentifier() else f'from "{name}"'


def export(what: Asked, form: Format, stream: BinaryIO) -> Exported:
    """Write an answer; `RefusalError` where nothing of it may be passed on, or the format cannot hold it."""
    with asked(what.folder, what.sql, withheld(what.said), described=True) as answer:
        refuse_unheld(answer.columns, answer.types)
        sheet = _sheet(what, answer)
        sheet.batches = _not_nothing(sheet.batches, answer)
        WRITERS[form](sheet, stream)
        return Exported(
            what.said.release_id,
            what.said.is_synthetic,
            form,
            sheet.rows,
            sheet.schema.names,
            answer.left_out,
            [*sentences(answer.left_out), *sheet.remarks],
        )


def _not_nothing(batches: Iterator[pa.RecordBatch], answer: Answer) -> Iterator[pa.RecordBatch]:
    """The rows; `RefusalError`, before anything is written, where none is left of some."""
    first = next((batch for batch in batches if batch.num_rows), None)
    if first is None and answer.left_out:
        raise RefusalError(
            f"nothing remains: {'; '.join(sentences(answer.left_out))}",
            remedy="export a mart, or set BONDED_<SOURCE>_PERMISSION to who permits it, and since when",
        )
    return itertools.chain([] if first is None else [first], batches)


def _sheet(what: Asked, answer: Answer) -> Sheet:
    """The answer with the release and whether it is made up in columns of its own: no row is without them."""
    marks: dict[str, str | bool | dt.date] = {RELEASE: what.said.release_id, MADE_UP: what.said.is_synthetic}
    if what.as_of:
        marks[AS_OF] = what.as_of
    if MADE_UP in answer.columns and str(answer.types[answer.columns.index(MADE_UP)]) == "BOOLEAN":
        del marks[MADE_UP]
    reader = answer.arrow()
    names = distinct([*answer.columns, *marks])
    added = [constant(value, 0).type for value in marks.values()]
    schema = pa.schema(list(zip(names, [*(f.type for f in reader.schema), *added], strict=True)))

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in reader:
            columns = [*batch.columns, *(constant(value, batch.num_rows) for value in marks.values())]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)

    kinds = {RELEASE: "VARCHAR", MADE_UP: "BOOLEAN", AS_OF: "DATE"}
    words = {
        RELEASE: "Release that the figures are of.",
        MADE_UP: "True where every figure is made up.",
        AS_OF: "The figures are those that were known on this day; they are not audited.",
    }
    return Sheet(
        schema,
        batches(),
        [*map(str, answer.types), *(kinds[mark] for mark in marks)],
        [*_descriptions(answer), *(words[mark] for mark in marks)],
        _notes(what, answer),
    )


def _descriptions(answer: Answer) -> list[str]:
    """What the release says of columns of these names, where all tables that are asked say the same."""
    said = [answer.comments.get(table, {}) for table in sorted(answer.tables)]
    by_name = [{of[name] for of in said if of.get(name)} for name in answer.columns]
    return [found.pop() if len(found) == 1 else "" for found in by_name]


def _notes(what: Asked, answer: Answer) -> list[tuple[str, str]]:
    """What a reader must know of the whole, a line each; the first says so where every figure is made up."""
    said = what.said
    made_up = [("SYNTHETIC", f"every figure of release {said.release_id} is made up")] if said.is_synthetic else []
    known = [("as known on", f"{what.as_of}; built for this question, not audited")] if what.as_of else []
    asked_for = [("table", what.name)] if what.name else []
    return [
        *made_up,
        ("release", said.release_id),
        ("made at", said.made_at.isoformat(timespec="seconds")),
        *known,
        *asked_for,
        ("sql", what.sql),
        ("contract version", str(said.contract_version)),
        *(("held back", text) for text in said.told),
        ("attribution", "; ".join(sorted({of.attribution for of in terms(said).values()}))),
        *(("terms", text) for text in told(said)),
        *(("left out", text) for text in sentences(answer.left_out)),
        ("how to cite", citation(what)),
    ]


def citation(what: Asked) -> str:
    """How the figures are cited so that they are found again when the release is no longer kept: as known on a day."""
    vintages = [receipt.vintage for receipt in what.said.receipts]
    known_on = what.as_of or (max(vintages) if vintages else what.said.made_at.date())
    synthetic = "SYNTHETIC DATA. " if what.said.is_synthetic else ""
    by = "; ".join(sorted({of.attribution for of in terms(what.said).values()}))
    return (
        f"{synthetic}{by}. Bonded, {what.name or 'a query'}, as known on {known_on}, release {what.said.release_id}. "
        f"Found again by: bonded query {word(what.sql)} --as-of {known_on}"
    )


@contextmanager
def to_file(home: Home, path: Path, *, force: bool) -> Iterator[BinaryIO]:
    """A file that is there whole or not at all, and over another only where that is wanted.

    `RefusalError` for one that is there already, and for one among what is published.
    """
    place = path.parent.resolve()
    if place.is_relative_to(home.releases.resolve()) or place.is_relative_to(home.landing.resolve()):
        raise RefusalError(
            "nothing is added to what is published or was received", file=str(path), remedy="name another folder"
        )
    if not place.is_dir():
        raise RefusalError("there is no such folder", file=str(path.parent), remedy=f"mkdir -p {path.parent}")
    if os.path.lexists(path) and not force:
        raise _is_there(path)
    handle, aside = tempfile.mkstemp(prefix=f".{path.name}.", dir=place)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
        made = Path(aside)
        made.chmod(0o666 & ~_umask())
        if force:
            durable.take_place(made, place / path.name)
        else:
            _link(made, place / path.name)
    finally:
        Path(aside).unlink(missing_ok=True)


def _link(made: Path, place: Path) -> None:
    try:
        durable.link_once(made, place)
    except FileExistsError:
        raise _is_there(place) from None
    except OSError:
        # A file system without links: nobody has taken the name as far as can be seen.
        durable.take_place(made, place)


def _is_there(path: Path) -> RefusalError:
    return RefusalError("there is such a file already", file=str(path), remedy="name another, or add --force")


def _umask() -> int:
    now = os.umask(0)
    os.umask(now)
    return now
