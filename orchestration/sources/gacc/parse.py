"""Parsing GACC exports: received bytes to typed rows with line numbers, refusing what is not sound.

Belongs here: everything that can be said of a file by itself. Not here: what was asked of the publisher
(`landing.scope`), and fetching: the query site sits behind a CAPTCHA and is never automated.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import duckdb

from orchestration.base.duck import cursor, literal
from orchestration.base.errors import RefusalError
from orchestration.sources.files.kinds import APART, FROM_THE_SITE, SECOND_HEADER, lost_zero
from orchestration.sources.files.textfile import TextFile, check_structure, records, shifts, transcode
from orchestration.sources.gacc.layout import Layout, looks_like_header, read_layout, split_header
from orchestration.sources.gacc.rows import rows_query
from orchestration.sources.refusals import UnfitError
from orchestration.sources.source import MonthContent

#: Raised whenever the same bytes would give other rows; part of every raw file's name.
PARSER_VERSION = "gacc2"
TRUNCATED_AT = 10_000
#: Rows whose keys are compared at once: more would not fit into memory.
_KEYS_AT_ONCE = 1_000_000


@dataclass(frozen=True)
class ParsedFile:
    """A `ParsedTrade`: the typed rows of one file (Parquet with `RAW_COLUMNS`) and what was seen in it.

    `code_length`: 2, 4, 6 or 8; 8 for a file without rows.
    """

    rows_path: Path
    layout: Layout
    encoding: str
    months: tuple[MonthContent, ...]
    partners: tuple[str, ...]
    hs_chapters: tuple[str, ...]
    rows: int
    value: int
    code_length: int

    @property
    def currency(self) -> str:
        """As the header says."""
        return self.layout.currency

    @property
    def columns(self) -> tuple[str, ...]:
        """What the file has, in order."""
        return self.layout.concepts

    @property
    def dimensions(self) -> tuple[str, ...]:
        """What splits its rows."""
        return self.layout.dimensions

    @property
    def has_month(self) -> bool:
        """Whether the month stands in the rows."""
        return self.layout.has_month

    @property
    def has_partner(self) -> bool:
        """Whether the partner stands in the rows."""
        return self.layout.has_partner

    @property
    def reporter(self) -> str | None:
        """China, and no file says so."""
        return None

    @property
    def flow(self) -> str | None:
        """No file says it."""
        return None


class _Seen(NamedTuple):
    """What was seen in the rows of one month; None as the month where there is none.

    `shortest` and `longest`: digits of commodity codes. `malformed`: the first line with a malformed cell.
    """

    month: dt.date | None
    rows: int
    value: int
    shortest: int
    longest: int
    partners: list[str] | None
    chapters: list[str]
    malformed: int | None


_SUMMARY = """
    select month, count(*), sum(value), min(length(hs_code)), max(length(hs_code)),
      list(distinct partner_code) filter (partner_code is not null), list(distinct left(hs_code, 2)),
      min(line) filter (bad is not null)
    from file_rows group by month order by month"""


def parse(
    source: Path, workdir: Path, *, name: str | None = None, header: str | None = None, month: dt.date | None = None
) -> ParsedFile:
    """Parse one file into `workdir`; `RefusalError` with file, line, column and remedy if it is not sound.

    `header`: the site's own header line, for a file that has none. `month`: the one month of all rows of a file
    without a month column; a file that prints its months is left as it is. Without both, rows have no month, and
    the caller must refuse them. Memory does not grow with the file.
    """
    name = name or source.name
    workdir.mkdir(parents=True, exist_ok=True)
    text = transcode(source, workdir / "text.csv", name)
    layout = _layout(text, name, header)
    rows_path = workdir / "rows.parquet"
    with cursor() as con:
        _write_rows(con, text, layout, name, rows_path, month)
        con.execute(f"create temp view file_rows as select * from read_parquet({literal(rows_path)})")
        seen = [_Seen(*row) for row in con.execute(_SUMMARY).fetchall()]
        if malformed := [s.malformed for s in seen if s.malformed is not None]:
            _refuse_cell(con, text, layout, name, min(malformed))
        if len({digits for s in seen for digits in (s.shortest, s.longest)}) > 1:
            _refuse_mixed_codes(con, layout, name)
        parsed = _summed_up(rows_path, layout, text.encoding, seen)
        _refuse_duplicates(con, layout, name, parsed.rows)
    if parsed.rows == TRUNCATED_AT:
        raise RefusalError(
            f"exactly {TRUNCATED_AT:,} rows: the site cuts a download there without saying so",
            file=name,
            line=TRUNCATED_AT + layout.header_line,
            remedy="split the query (fewer months, codes or partners) and download the parts",
        )
    return parsed


def _summed_up(rows_path: Path, layout: Layout, encoding: str, seen: list[_Seen]) -> ParsedFile:
    return ParsedFile(
        rows_path,
        layout,
        encoding,
        tuple(MonthContent(s.month, s.rows, s.value) for s in seen if s.month is not None),
        tuple(sorted({partner for s in seen for partner in s.partners or ()})),
        tuple(sorted({chapter for s in seen for chapter in s.chapters})),
        rows=sum(s.rows for s in seen),
        value=sum(s.value for s in seen),
        code_length=seen[0].shortest if seen else 8,
    )


def _layout(text: TextFile, name: str, header: str | None) -> Layout:
    first = [row for _, row in islice(records(text, name), 1)]
    cells = first[0] if first else []
    if looks_like_header(cells):
        if header is not None:
            raise UnfitError(
                "a header was given, but the file has one of its own",
                file=name,
                line=1,
                advice="leave the header out",
                otherwise={"header": None},
            )
        return read_layout(cells, name)
    if header is None:
        raise UnfitError(
            f"the first line is no header known here; it begins {', '.join(cells[:3])[:100]!r}",
            file=name,
            line=1,
            advice="give the site's own header line",
            otherwise={"header": "<Date of data,Trading partner code,…>"},
        )
    return read_layout(split_header(header), name, trailing=bool(cells) and cells[-1] == "", header_line=False)


def _write_rows(
    con: duckdb.DuckDBPyConnection, text: TextFile, layout: Layout, name: str, target: Path, month: dt.date | None
) -> None:
    """Write the typed rows with their lines.

    As many records as lines are one line each. Only if there are fewer, the slow reader finds the line ends inside
    cells, and the rows are written once more.
    """
    counted = (
        check_structure(text, name, layout.width, looks_like_header) if text.doubtful or not layout.trailing else None
    )
    read = _copy(con, rows_query(text, layout, month), text, layout, name, target) + layout.header_line
    if read == text.lines == (counted or read):
        return
    if read != (counted or check_structure(text, name, layout.width, looks_like_header)):
        raise RefusalError(
            "damaged line ends or quotes: it cannot be told where a record ends", file=name, remedy="download it again"
        )
    con.register("shifts", shifts(text, name))
    _copy(con, rows_query(text, layout, month, shifted=True), text, layout, name, target)


def _copy(con: duckdb.DuckDBPyConnection, query: str, text: TextFile, layout: Layout, name: str, target: Path) -> int:
    """Write the rows of the query and count them."""
    try:
        [(rows,)] = con.execute(f"copy ({query}) to {literal(target)} (format parquet, compression zstd)").fetchall()
    except (duckdb.DataError, duckdb.ProgrammingError) as error:
        # Whatever else DuckDB stumbles over, memory or disk, is no fault of the file.
        check_structure(text, name, layout.width, looks_like_header)
        raise RefusalError(
            f"not readable as CSV: {str(error).splitlines()[0]}", file=name, remedy="download the file again"
        ) from None
    return int(rows)


def _refuse_cell(con: duckdb.DuckDBPyConnection, text: TextFile, layout: Layout, name: str, line: int) -> None:
    """Say what stands in the malformed cell; the slow reader fetches it, and the heading as printed."""
    [(concept,)] = con.execute("select bad from file_rows where line = ?", [line]).fetchall()
    heads = dict(enumerate(layout.headings))
    row = next(row for number, row in records(text, name) if number == line)
    if len(row) != layout.width:
        check_structure(text, name, layout.width, looks_like_header)
    position = layout.width - 1 if concept == "trailing_cell" else layout.concepts.index(concept)
    what, remedy = _malformed(concept, row[position])
    raise RefusalError(
        f"{row[position]!r} {what}", file=name, line=line, column=heads.get(position, "(last)"), remedy=remedy
    )


_NOT_A = {
    "month": "is not a month (YYYYMM)",
    "hs_code": "is not a code of 2, 4, 6 or 8 digits",
    "partner_code": "is not a partner code of 3 digits",
    "regime_code": "is not a regime code of 2 digits",
    "province_code": "is not a province code of 2 digits",
    "trailing_cell": "stands behind the last column",
}
_DIGITS = {"hs_code": (2, 4, 6, 8), "partner_code": (3,), "regime_code": (2,), "province_code": (2,)}


def _malformed(concept: str, cell: str) -> tuple[str, str]:
    """What is wrong with a cell, and what to do."""
    what = _NOT_A.get(concept, "is not a number (digits and thousands separators only)")
    if looks_like_header([cell]):
        return f"{what}: {SECOND_HEADER}", APART
    if concept == "month" and re.search(r"[-/]", cell) and re.search(r"\d", cell):
        return f"{what}: a spreadsheet may have made a date of it", FROM_THE_SITE
    if changed := lost_zero(cell, _DIGITS.get(concept, ())):
        return f"{what}; it {changed}", FROM_THE_SITE
    if concept not in _NOT_A and cell.replace(",", "").strip().isdecimal() and len(cell.strip()) > len("1,000,000"):
        what = "is more than any figure of trade, or its thousands separators are misplaced"
    return what, "the row is no row of the site's detail data, or was edited: download the file again"


def _refuse_mixed_codes(con: duckdb.DuckDBPyConnection, layout: Layout, name: str) -> None:
    """Say at which line the code is shorter or longer than in the first."""
    line, first, other = con.execute(
        "with first as (select length(hs_code) as digits from file_rows order by line limit 1) "
        "select line, digits, length(hs_code) from file_rows, first where length(hs_code) <> digits "
        "order by line limit 1"
    ).fetchall()[0]
    short, long = sorted((first, other))
    raise RefusalError(
        f"codes of {short} and {long} digits are mixed: totals would be added to their parts",
        file=name,
        line=line,
        column=layout.headings[layout.concepts.index("hs_code")],
        remedy="make one download for each code length",
    )


def _refuse_duplicates(con: duckdb.DuckDBPyConnection, layout: Layout, name: str, rows: int) -> None:
    """Refuse the first line that repeats the key of an earlier one; a long file's keys are compared part by part."""
    key, parts = ", ".join(layout.dimensions), rows // _KEYS_AT_ONCE + 1
    found = [
        con.execute(
            f"select max(line), min(line), {key} from file_rows where {parts} = 1 or hash({key}) % {parts} = {part} "
            f"group by {key} having count(*) > 1 order by 1 limit 1"
        ).fetchone()
        for part in range(parts)
    ]
    if not any(found):
        return
    line, first, *values = min(row for row in found if row)
    named = ", ".join(
        f"{d} {v:%Y-%m}" if d == "month" else f"{d} {v}"
        for d, v in zip(layout.dimensions, values, strict=True)
        if v is not None
    )
    raise RefusalError(
        f"the key ({named}) stands twice, first on line {first}",
        file=name,
        line=line,
        remedy="two downloads were joined, or imports and exports are mixed: receive each download by itself",
    )
