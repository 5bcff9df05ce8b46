"""From the rows below the headings to records: a row label with the printed cells of its columns.

Belongs here: which rows hold figures, which belong together, which are notes. Not here: what a cell is worth.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from orchestration.sources.gacc_bulletin.columns import Column, Columns
from orchestration.sources.gacc_bulletin.page import BulletinPage, TableRow
from orchestration.sources.gacc_bulletin.text import Place, fold

_NOTE = re.compile(r"(notes?|remarks?|sources?|data source)\b.*|\*.*", re.IGNORECASE)
_AGAIN = "the row is cut or shifted: download the page again, or wait for a corrected one"


@dataclass(frozen=True)
class Record:
    """The printed figures of one row: `line` is its own, label and unit may stand on the row above (regimes)."""

    line: int
    label: str
    unit: str | None
    cells: tuple[tuple[Column, str], ...]


def read_records(page: BulletinPage, columns: Columns) -> Iterator[Record]:
    """Every row with figures in file order; `RefusalError` for a row of another shape than the table's.

    Only rows in which nothing is printed, and the notes at the end, each one cell wide, hold no record.
    """
    rows = iter(list(_before_the_notes(page)))
    for row in rows:
        if page.table != "regime":
            _refuse_shape(row, page, columns.width, spanned=0)
            yield _record(row, row, columns, page)
            continue
        _refuse_shape(row, page, columns.width, spanned=2)
        yield _record(row, row, columns, page)
        below = next(rows, None)
        if below is None:
            raise Place(page.name, row.line).refusal(
                f"the row {row.cells[0].text!r} is not followed by its year-on-year changes", _AGAIN
            )
        _refuse_shape(below, page, columns.width - 2, spanned=0)
        yield _record(row, below, columns, page)


def _before_the_notes(page: BulletinPage) -> Iterator[TableRow]:
    """The rows of figures; refuse one that stands behind the notes."""
    noted = False
    for row in page.body:
        if row.blank:
            continue
        alone = len(row.cells) == 1
        noted = noted or (alone and _NOTE.match(fold(row.cells[0].text)) is not None)
        if noted and not alone:
            raise Place(page.name, row.line).refusal("a row of figures behind the notes", _AGAIN)
        if not noted:
            yield row


def _refuse_shape(row: TableRow, page: BulletinPage, width: int, spanned: int) -> None:
    """Refuse a row that has not `width` single cells, of which the first `spanned` reach into the row below."""
    place = Place(page.name, row.line)
    if len(row.cells) != width:
        raise place.refusal(f"{len(row.cells)} cells in a row that must have {width}", _AGAIN)
    if [cell.rows for cell in row.cells] != [2] * spanned + [1] * (width - spanned):
        raise place.refusal("cells of the row reach into other rows than they must", _AGAIN)
    if any(cell.columns != 1 for cell in row.cells):
        raise place.refusal("a cell of the row spans several columns", _AGAIN)


def _record(named: TableRow, row: TableRow, columns: Columns, page: BulletinPage) -> Record:
    """`named` has label and unit; of `row` the figures are taken, which are growth where it is the row below."""
    label, below = named.cells[0].text, row is not named
    if not re.search(r"[^\W\d_]", label):
        raise Place(page.name, named.line, page.headings[0].cells[0].text).refusal(
            f"{label!r} does not name a row", _AGAIN
        )
    shift = 2 if below else 0
    cells = tuple(
        (replace(column, growth=column.growth or below), row.cells[column.position - shift].text)
        for column in columns.figures
    )
    unit = named.cells[columns.unit].text if columns.unit is not None else None
    return Record(row.line, label, unit, cells)
