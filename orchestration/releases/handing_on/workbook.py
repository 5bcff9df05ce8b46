"""An answer as a workbook of Excel: a sheet of data, and a sheet of notes that says what it is, and how to cite it.

Belongs here: what Excel cannot hold as it is, and what stands there instead. Not here: what the notes say (`export`).
"""

from __future__ import annotations

import datetime as dt
import math
import tempfile
from collections import Counter
from decimal import Decimal
from typing import Any, BinaryIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from orchestration.base.errors import RefusalError
from orchestration.releases.handing_on.formats import DIGITS, Sheet, flat, significant_digits, values

#: What a sheet holds at most, the line of names counted, and a cell of text in UTF-16 units.
ROWS, COLUMNS, TEXT = 1_048_576, 16_384, 32_767
#: Days that Excel counts as everybody does: it has a 29 February 1900.
FIRST_DAY = dt.date(1900, 3, 1)
NARROW, WIDE = 11, 42


class _AsItIs(float):
    """A number that is written with all its digits; the library would round the seventeenth away."""

    def __format__(self, _: str) -> str:
        return repr(float(self))


def write_workbook(sheet: Sheet, stream: BinaryIO) -> None:
    """Write the data and the notes; `RefusalError` where a sheet cannot hold the data."""
    if len(sheet.schema) > COLUMNS:
        raise RefusalError(f"a sheet of Excel has {COLUMNS:,} columns at most", remedy="ask for fewer columns")
    # Row by row to the disk: a million rows of cells would take gigabytes.
    with tempfile.TemporaryDirectory(prefix="bonded-xlsx-") as aside:
        book = xlsxwriter.Workbook(stream, {"constant_memory": True, "tmpdir": aside})
        data, notes = book.add_worksheet("data"), book.add_worksheet("notes")
        bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        days = {
            dt.date: book.add_format({"num_format": "yyyy-mm-dd"}),
            dt.datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        }
        _write_data(data, sheet, bold, days)
        _write_notes(notes, sheet, bold, wrapped)
        book.close()


def _write_data(data: Worksheet, sheet: Sheet, bold: Format, days: dict[type, Format]) -> None:
    for n, name in enumerate(sheet.schema.names):
        data.set_column(n, n, min(max(len(name) + 2, NARROW), WIDE))
        _text(data, 0, n, name, bold)
    data.freeze_panes(1, 0)
    as_text: Counter[str] = Counter()
    line = 0
    for batch in sheet.counted():
        for row in values(flat(batch)):
            line += 1
            if line >= ROWS:
                raise RefusalError(
                    f"a sheet of Excel has {ROWS - 1:,} rows of data at most, and there are more",
                    remedy="ask for fewer rows with --sql, or write --format csv or parquet",
                )
            for n, value in enumerate(row):
                if value is not None and not _cell(data, line, n, value, days):
                    as_text[sheet.schema.names[n]] += 1
    if line:
        data.autofilter(0, 0, line, len(sheet.schema) - 1)
    sheet.remarks += [
        f"{n:,} values of {name} are text, since Excel would round or change them" for name, n in as_text.items()
    ]


def _cell(data: Worksheet, line: int, n: int, value: Any, days: dict[type, Format]) -> bool:
    """Write a value; whether it stands there as what it is, and not as text in its stead."""
    if isinstance(value, str):
        _text(data, line, n, value)
    elif isinstance(value, bool):
        data.write_boolean(line, n, value)
    elif isinstance(value, int | Decimal | float) and _is_exact(value):
        data.write_number(line, n, value if isinstance(value, int) else _AsItIs(value))
    elif type(value) in days and _is_countable(value):
        data.write_datetime(line, n, value, days[type(value)])
    else:
        _text(data, line, n, f"{value:f}" if isinstance(value, Decimal) else str(value))
        return False
    return True


def _text(data: Worksheet, line: int, n: int, text: str, form: Format | None = None) -> None:
    if len(text.encode("utf-16-le")) > 2 * TEXT:
        raise RefusalError(
            f"row {line:,} has a text of more than {TEXT:,} characters, which no cell of Excel holds",
            remedy="write --format csv or parquet",
        )
    if text.startswith("<r>") and text.endswith("</r>"):
        # The library would take such a text for its own markup; in pieces, three at least, it is text.
        data.write_rich_string(line, n, text[0], text[1], text[2:])
    else:
        data.write_string(line, n, text, form)


def _is_exact(value: int | Decimal | float) -> bool:
    """Whether Excel, which has 15 digits, shows the number that it is."""
    return math.isfinite(value) if isinstance(value, float) else significant_digits(value) <= DIGITS


def _is_countable(value: dt.date | dt.datetime) -> bool:
    """Whether Excel counts that day, and the time of it to the millisecond at most."""
    if not isinstance(value, dt.datetime):
        return value >= FIRST_DAY
    return value.date() >= FIRST_DAY and value.tzinfo is None and value.microsecond % 1000 == 0


def _write_notes(notes: Worksheet, sheet: Sheet, bold: Format, wrapped: Format) -> None:
    notes.set_column(0, 0, 28)
    notes.set_column(1, 1, 16)
    notes.set_column(2, 2, 100)
    line = 0
    for key, text in [*sheet.notes, ("rows", f"{sheet.rows:,}"), *(("remark", text) for text in sheet.remarks)]:
        _text(notes, line, 0, key, bold)
        _text(notes, line, 2, text, wrapped)
        line += 1
    line += 1
    for n, name in enumerate(("column", "type", "description")):
        _text(notes, line, n, name, bold)
    for name, kind, text in zip(sheet.schema.names, sheet.types, sheet.descriptions, strict=True):
        line += 1
        for n, said in enumerate((name, kind, text)):
            _text(notes, line, n, said, wrapped)
