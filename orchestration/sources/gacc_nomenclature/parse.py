"""Parsing the customs' code lists: received bytes to typed rows with line numbers, refusing what is not sound.

Belongs here: everything that a list says of itself. The lists look like CSV and are not: quotes and commas inside
names stand as they are, names run over several lines, absent cells are NUL bytes. So a record is read from both ends:
the code before the name, and the narrow columns behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.base.errors import RefusalError
from orchestration.sources.files.kinds import AS_CSV, refuse_binary
from orchestration.sources.files.textfile import TextFile, records, transcode
from orchestration.sources.gacc.calendar import BEIJING
from orchestration.sources.gacc_nomenclature.layout import DIGITS, ListLayout, read_layout

SOURCE = "gacc_nomenclature"
#: Raised whenever the same bytes would give other rows; part of every raw file's name.
PARSER_VERSION = "list1"
TIME_ZONE = BEIJING.key
MISSING = ("-", "—", "?", "#N/A", "")
#: The columns of a raw row, in order. `year` is NULL except in lists of commodities, `line` is the physical line.
ROW_SCHEMA = pa.schema(
    {
        "list": pa.string(),
        "year": pa.int32(),
        "language": pa.string(),
        "line": pa.int64(),
        "code": pa.string(),
        "name": pa.string(),
        "unit_1_code": pa.string(),
        "unit_1": pa.string(),
        "unit_2_code": pa.string(),
        "unit_2": pa.string(),
    }
)
_LONGEST_RECORD = 20
#: Bytes; the customs' lists have less than a tenth of it.
LARGEST = 32 << 20
_BLANKS = re.compile(r"[\s\x00-\x1f]+")


@dataclass(frozen=True)
class ParsedList:
    """The typed rows of one list (Parquet with `ROW_SCHEMA`, in file order) and what was seen in it.

    `list`: hs8, partner, regime or province; `language`: en or zh; `year`: of an hs8 list, else None; `units`: names of
    units as printed.
    """

    rows_path: Path
    list: str
    year: int | None
    language: str
    encoding: str
    rows: int
    units: tuple[str, ...]


def parse(source: Path, workdir: Path, name: str | None = None) -> ParsedList:
    """Parse one list into `workdir`; `RefusalError` with file, line, column and remedy if it is not sound.

    Which list it is and its language are told by the header, the year by the column of that name.
    """
    name = name or source.name
    workdir.mkdir(parents=True, exist_ok=True)
    text = transcode(_without_nul(source, workdir / "bytes.csv", name), workdir / "text.csv", name)
    layout = read_layout(text, name)
    rows: list[dict[str, Any]] = []
    seen: dict[str, int] = {}
    for line, cells in _records(text, layout, name):
        row = _row(line, cells, layout)
        _refuse_row(row, rows[0] if rows else row, seen, layout, name)
        seen[row["code"]] = line
        rows.append(row)
    if not rows:
        raise RefusalError("a header without rows", file=name, remedy="download the list again")
    rows_path = workdir / "rows.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=ROW_SCHEMA), rows_path)
    units = {row[unit] for row in rows for unit in ("unit_1", "unit_2") if row[unit]}
    year = rows[0]["year"]
    return ParsedList(rows_path, layout.list, year, layout.language, text.encoding, len(rows), tuple(sorted(units)))


def _without_nul(source: Path, target: Path, name: str) -> Path:
    """A copy with blanks for NUL bytes: customs print them where a cell is absent. Lines stay where they are.

    Refused before that: what NUL bytes show to be no text, and what is too large to be a list.
    """
    refuse_binary(source, name, AS_CSV)
    if (size := source.stat().st_size) > LARGEST:
        raise RefusalError(
            f"{size:,} bytes are no code list (at most {LARGEST:,})",
            file=name,
            remedy="receive one list by itself, as customs offer it",
        )
    target.write_bytes(source.read_bytes().replace(b"\0", b" "))
    return target


def _records(text: TextFile, layout: ListLayout, name: str) -> Iterator[tuple[int, list[str]]]:
    """Every record as its cells, with the physical line on which it starts."""
    if not layout.by_hand:
        yield from _printed_records(text, layout, name)
        return
    for line, cells in records(text, name):
        if line > 1 and len(cells) != layout.width:
            raise RefusalError(
                f"{len(cells)} fields where the header has {layout.width}",
                file=name,
                line=line,
                column=layout.headings[-1],
                remedy="complete the row, or remove it if it is empty",
            )
        if line > 1:
            yield line, cells[: len(layout.concepts)]


def _printed_records(text: TextFile, layout: ListLayout, name: str) -> Iterator[tuple[int, list[str]]]:
    """Records of a list as customs print it. One that does not end on its line goes on until a code begins a line."""
    lines = text.path.read_bytes().decode().removesuffix("\n").split("\n")
    whole, start = layout.record_pattern(), layout.start_pattern()
    at = 1
    while at < len(lines):
        end = at + 1
        found = whole.fullmatch(lines[at])
        while not found and end < min(len(lines), at + _LONGEST_RECORD) and not start.match(lines[end]):
            end += 1
            found = whole.fullmatch("\n".join(lines[at:end]))
        if not found:
            layout.refuse_record(lines[at], at + 1, name)
        else:
            cells = found.groupdict()
            quoted = cells.pop("quoted")
            cells["name"] = cells["name"] if quoted is None else quoted.replace('""', '"')
            yield at + 1, [cells[concept] or "" for concept in layout.concepts]
        at = end


def _clean(cell: str) -> str | None:
    """The cell with every run of blanks, line breaks and control characters as one blank; None for a missing one."""
    text = _BLANKS.sub(" ", cell).strip()
    return None if text in MISSING else text


def _row(line: int, cells: list[str], layout: ListLayout) -> dict[str, Any]:
    said = dict(zip(layout.concepts, map(_clean, cells), strict=True))
    year = said.get("year")
    told = {"list": layout.list, "year": int(year) if year else None, "language": layout.language, "line": line}
    return {**told, **{key: said.get(key) for key in ROW_SCHEMA.names if key not in told}}


def _refuse_row(
    row: dict[str, Any], first: dict[str, Any], seen: dict[str, int], layout: ListLayout, name: str
) -> None:
    """Refuse a code that is none or stands twice, and a year other than that of the first row."""
    code, heading, remedy = row["code"] or "", layout.headings[0], "correct the row"
    what = None
    if not re.fullmatch(rf"\d{{{DIGITS[layout.list]}}}", code, re.ASCII):
        what, remedy = layout.no_code(code)
    elif code in seen:
        what = f"the code {code} stands twice, first on line {seen[code]}"
        remedy = "two lists were joined: receive each list by itself"
    elif row["year"] != first["year"]:
        what, heading = f"the year {row['year']} in a list of {first['year']}", layout.headings[2]
        remedy = "one file holds the list of one year: receive each year by itself"
    if what:
        raise RefusalError(what, file=name, line=row["line"], column=heading, remedy=remedy)
