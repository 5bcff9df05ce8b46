"""Parsing GACC exports: received bytes to typed rows with line numbers, refusing what is not sound.

Belongs here: everything that can be said of a file by itself. Not here: what was asked of the publisher
(`landing.scope`), and fetching: the query site sits behind a CAPTCHA and is never automated.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb

from orchestration.duck import literal, scratch
from orchestration.errors import RefusalError
from orchestration.sources.gacc_layout import Layout, looks_like_header, read_layout, split_header
from orchestration.sources.textfile import TextFile, check_structure, records, transcode

#: Raised whenever the same bytes would give other rows; part of every raw file's name.
PARSER_VERSION = "gacc2"
TRUNCATED_AT = 10_000
MISSING = ("-", "—", "?", "")
_TEXT = ("hs_name", "partner_name", "regime_name", "province_name")
_CODES = {"hs_code": (2, 4, 6, 8), "partner_code": (3,), "regime_code": (2,), "province_code": (2,)}
#: The columns of a raw row, in order; those that a layout lacks are NULL.
RAW_COLUMNS: dict[str, str] = {
    "month": "DATE",
    "line": "BIGINT",
    "hs_code": "VARCHAR",
    "hs_name": "VARCHAR",
    "partner_code": "VARCHAR",
    "partner_name": "VARCHAR",
    "regime_code": "VARCHAR",
    "regime_name": "VARCHAR",
    "province_code": "VARCHAR",
    "province_name": "VARCHAR",
    "quantity_1": "BIGINT",
    "unit_1": "VARCHAR",
    "quantity_2": "BIGINT",
    "unit_2": "VARCHAR",
    "value": "BIGINT",
}


@dataclass(frozen=True)
class MonthContent:
    """What a file prints for one month: number of rows and the sum of values, in whole units of its currency."""

    month: dt.date
    rows: int
    value: int


@dataclass(frozen=True)
class ParsedFile:
    """The typed rows of one file (Parquet with `RAW_COLUMNS`, in file order) and what was seen in it.

    `months` is empty where no month is printed and none was declared; `partners` is empty without a partner column.
    `rows` and `value` (whole units of the currency) are those of the whole file. `code_length`: the digits of its
    commodity codes, 2, 4, 6 or 8; 8 for a file without rows.
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
    if text.doubtful or not layout.trailing:
        check_structure(text, name, layout.width)
        if text.breaks and text.breaks[-1][0] > text.records:
            raise RefusalError("unpaired quotes", file=name, remedy="download the file again")
    rows_path = workdir / "rows.parquet"
    with scratch() as con:
        _read(con, text, layout, name, rows_path, month)
        con.execute(f"create view file_rows as select * from read_parquet({literal(rows_path)})")
        code_length = _code_length(con, layout, name)
        _refuse_duplicates(con, layout, name)
        parsed = _describe(con, rows_path, layout, text.encoding, code_length)
    if parsed.rows == TRUNCATED_AT:
        raise RefusalError(
            f"exactly {TRUNCATED_AT:,} rows: the site cuts a download there without saying so",
            file=name,
            line=TRUNCATED_AT + layout.header_line,
            remedy="split the query (fewer months, codes or partners) and download the parts",
        )
    return parsed


def _describe(
    con: duckdb.DuckDBPyConnection, rows_path: Path, layout: Layout, encoding: str, code_length: int
) -> ParsedFile:
    months = con.execute(
        "select month, count(*), sum(value)::bigint from file_rows group by month order by month"
    ).fetchall()
    partners = con.execute(
        "select distinct partner_code from file_rows where partner_code is not null order by 1"
    ).fetchall()
    chapters = con.execute("select distinct left(hs_code, 2) from file_rows order by 1").fetchall()
    return ParsedFile(
        rows_path,
        layout,
        encoding,
        tuple(MonthContent(*row) for row in months if row[0] is not None),
        tuple(p for (p,) in partners),
        tuple(c for (c,) in chapters),
        rows=sum(rows for _, rows, _ in months),
        value=sum(value for _, _, value in months),
        code_length=code_length,
    )


def _code_length(con: duckdb.DuckDBPyConnection, layout: Layout, name: str) -> int:
    """Digits of the file's codes; `RefusalError` at the first line whose code is shorter or longer than line one's."""
    first = con.execute("select length(hs_code) from file_rows order by line limit 1").fetchone()
    if first is None:
        return 8
    other = con.execute(
        "select line, length(hs_code) from file_rows where length(hs_code) <> ? order by line limit 1", first
    ).fetchone()
    if other:
        short, long = sorted((first[0], other[1]))
        raise RefusalError(
            f"codes of {short} and {long} digits are mixed: totals would be added to their parts",
            file=name,
            line=other[0],
            column=layout.headings[layout.concepts.index("hs_code")],
            remedy="make one download for each code length",
        )
    return int(first[0])


def _layout(text: TextFile, name: str, header: str | None) -> Layout:
    first = [row for _, row in islice(records(text, name), 1)]
    cells = first[0] if first else []
    if looks_like_header(cells):
        if header is not None:
            raise RefusalError(
                "a header was given, but the file has one of its own",
                file=name,
                line=1,
                remedy="leave --header out",
            )
        return read_layout(cells, name)
    if header is None:
        raise RefusalError(
            f"the first line is no header known here; it begins {', '.join(cells[:3])!r}",
            file=name,
            line=1,
            remedy="give the site's own header line: --header 'Date of data,Trading partner code,…'",
        )
    return read_layout(split_header(header), name, trailing=bool(cells) and cells[-1] == "", header_line=False)


def _number(cell: str) -> str:
    """SQL for digits with optional thousands separators as BIGINT, NULL for anything else."""
    return (
        f"case when translate({cell}, '0123456789', '') = '' then try_cast({cell} as bigint) "
        rf"when regexp_full_match({cell}, '[0-9]{{1,3}}(,[0-9]{{3}})+') "
        f"then try_cast(replace({cell}, ',', '') as bigint) end"
    )


def _cell(concept: str) -> str:
    """SQL for the text of a cell: names as printed, all else without the TABs and blanks that surround it.

    Some put a TAB behind codes, so that a spreadsheet keeps their leading zeros. An empty cell is read as NULL,
    quoted or not.
    """
    return f"coalesce({concept}, '')" if concept in _TEXT else f"trim(coalesce({concept}, ''), ' \t')"


def _typed(concept: str) -> str:
    """SQL for the typed column of a concept, from the text cell `t_<concept>`; NULL where it is malformed."""
    cell = f"t_{concept}"
    if concept == "month":
        return (
            f"case when regexp_full_match({cell}, '[12][0-9]{{3}}(0[1-9]|1[0-2])') "
            f"then make_date({cell}[:4]::int, {cell}[5:]::int, 1) end"
        )
    if concept in _CODES:
        lengths = ", ".join(map(str, _CODES[concept]))
        digits = f"length({cell}) in ({lengths}) and translate({cell}, '0123456789', '') = ''"
        return f"case when {digits} then {cell} end"
    if concept in _TEXT:
        return cell
    if concept.startswith("unit"):
        return f"case when {cell} not in {MISSING} then {cell} end"
    return _number(cell)


def _bad(layout: Layout) -> str:
    """SQL for the name of a row's first malformed column, else NULL."""
    checks = [f"when {c} is null then '{c}'" for c in layout.concepts if c in ("month", "value") or c in _CODES]
    checks += [
        f"when {c} is null and t_{c} not in {MISSING} then '{c}'" for c in layout.concepts if c.startswith("quantity")
    ]
    if layout.trailing:
        checks.append("when t_trailing_cell <> '' then 'trailing_cell'")
    return f"case {' '.join(checks)} end"


def _rows_query(text: TextFile, layout: Layout, month: dt.date | None) -> str:
    """The typed rows in file order with their physical line, and `bad`."""
    names = [*layout.concepts, *(["trailing_cell"] if layout.trailing else [])]
    columns = ", ".join(f"'{n}': 'VARCHAR'" for n in names)
    cells = ", ".join(f"{_cell(n)} as t_{n}" for n in names)
    absent = {"month": f"date '{month}'" if month else "null"}
    typed = ", ".join(
        f"{_typed(c) if c in layout.concepts else absent.get(c, 'null')}::{kind} as {c}"
        for c, kind in RAW_COLUMNS.items()
        if c != "line"
    )
    asof = "asof left join breaks on numbered.record > breaks.record" if text.breaks else ""
    line = "numbered.record" + (" + coalesce(breaks.extra, 0)" if text.breaks else "")
    return f"""
        with cells as (
          select {cells} from read_csv({literal(text.path)}, auto_detect = false, header = false,
            skip = {int(layout.header_line)}, delim = ',', quote = '"', escape = '"', new_line = '\\n',
            columns = {{{columns}}}, null_padding = false, strict_mode = true, max_line_size = 1048576,
            parallel = false)),
        numbered as (select row_number() over () + {int(layout.header_line)} as record, * from cells),
        typed as (select {line} as line, {typed}, columns('^t_') from numbered {asof})
        select {", ".join(RAW_COLUMNS)}, {_bad(layout)} as bad from typed"""


def _read(
    con: duckdb.DuckDBPyConnection, text: TextFile, layout: Layout, name: str, target: Path, month: dt.date | None
) -> None:
    con.execute("create table breaks (record bigint, extra bigint)")
    if text.breaks:
        con.executemany("insert into breaks values (?, ?)", [list(b) for b in text.breaks])
    try:
        con.execute(
            f"copy ({_rows_query(text, layout, month)}) to {literal(target)} (format parquet, compression zstd)"
        )
    except duckdb.Error as error:
        check_structure(text, name, layout.width)
        raise RefusalError(
            f"not readable as CSV: {str(error).splitlines()[0]}", file=name, remedy="download the file again"
        ) from None
    found = con.execute(
        "select line, bad from read_parquet(?) where bad is not null order by line limit 1", [str(target)]
    ).fetchone()
    if found:
        _refuse_cell(text, layout, name, *found)


def _refuse_cell(text: TextFile, layout: Layout, name: str, line: int, concept: str) -> None:
    """Say what stands in the malformed cell; the slow reader fetches it, and the heading as printed."""
    heads = dict(enumerate(layout.headings))
    row = next(row for number, row in records(text, name) if number == line)
    if len(row) != layout.width:
        check_structure(text, name, layout.width)
    position = layout.width - 1 if concept == "trailing_cell" else layout.concepts.index(concept)
    what = {
        "month": "is not a month (YYYYMM)",
        "hs_code": "is not a code of 2, 4, 6 or 8 digits",
        "partner_code": "is not a partner code of 3 digits",
        "regime_code": "is not a regime code of 2 digits",
        "province_code": "is not a province code of 2 digits",
        "trailing_cell": "stands behind the last column",
    }.get(concept, "is not a number (digits and thousands separators only)")
    raise RefusalError(
        f"{row[position]!r} {what}",
        file=name,
        line=line,
        column=heads.get(position, "(last)"),
        remedy="the row is no row of the site's detail data, or was edited: download the file again",
    )


def _refuse_duplicates(con: duckdb.DuckDBPyConnection, layout: Layout, name: str) -> None:
    key = ", ".join(layout.dimensions)
    twice = con.execute(
        f"select min(line), max(line), {key} from file_rows group by {key} having count(*) > 1 order by 2 limit 1"
    ).fetchone()
    if twice:
        named = ", ".join(
            f"{d} {v:%Y-%m}" if d == "month" else f"{d} {v}"
            for d, v in zip(layout.dimensions, twice[2:], strict=True)
            if v is not None
        )
        raise RefusalError(
            f"the key ({named}) stands twice, first on line {twice[0]}",
            file=name,
            line=twice[1],
            remedy="two downloads were joined, or imports and exports are mixed: receive each download by itself",
        )
