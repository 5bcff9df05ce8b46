"""Parsing monthly exchange rates: CNY per US dollar, averages of the business days of each month.

Belongs here: the two headers under which such a file comes, and what a sound rate is. Not here: which file counts.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.base.errors import RefusalError
from orchestration.base.months import add_months, format_month, parse_month
from orchestration.sources.files.kinds import APART, SECOND_HEADER
from orchestration.sources.files.textfile import records, transcode
from orchestration.sources.gacc.calendar import BEIJING

SOURCE = "exchange_rates"
#: Raised whenever the same bytes would give other rows; part of every raw file's name.
PARSER_VERSION = "rates1"
TIME_ZONE = BEIJING.key
TABLE = "cny_per_usd_monthly"
#: The columns of a raw row, in order of the file. `line` is the physical line.
ROW_SCHEMA = pa.schema({"line": pa.int64(), "month": pa.date32(), "cny_per_usd": pa.decimal128(12, 6)})
#: A dollar has cost between 1.5 and 8.8 yuan since 1981: what lies outside is another rate, or its inverse.
LOWEST, HIGHEST = Decimal(1), Decimal(20)
_RATE = re.compile(r"\d{1,6}(\.\d{1,6})?", re.ASCII)


class Header(NamedTuple):
    """A header: its cells, whether months are printed as their first day, and what the series is called."""

    cells: tuple[str, str]
    first_days: bool
    title: str


FEDERAL_RESERVE = "CNY per USD, monthly averages (Federal Reserve, series EXCHUS)"
#: The last one is the Federal Reserve's older one.
HEADERS = (
    Header(("month", "cny_per_usd"), False, "CNY per USD, monthly averages"),
    Header(("observation_date", "EXCHUS"), True, FEDERAL_RESERVE),
    Header(("DATE", "EXCHUS"), True, FEDERAL_RESERVE),
)


@dataclass(frozen=True)
class ParsedRates:
    """The rates of one file (Parquet with `ROW_SCHEMA`) and what was seen in it; `month` is the last one."""

    rows_path: Path
    table: str
    title: str
    month: dt.date
    encoding: str
    rows: int
    remarks: tuple[str, ...]


def parse(source: Path, workdir: Path, name: str | None = None) -> ParsedRates:
    """Parse one file into `workdir`; `RefusalError` with file, line, column and remedy if it is not sound.

    Months may stand in any order, each once and without a gap: a mean over a period that lacks a month would be
    another figure, and look the same.
    """
    name = name or source.name
    workdir.mkdir(parents=True, exist_ok=True)
    text = transcode(source, workdir / "text.csv", name)
    lines = iter(records(text, name))
    header = _header(next(lines)[1], name)
    seen: dict[dt.date, tuple[int, Decimal]] = {}
    for line, cells in lines:
        month, rate = _row(line, cells, header, name)
        if month in seen:
            raise RefusalError(
                f"the month {format_month(month)} stands twice, first on line {seen[month][0]}",
                file=name,
                line=line,
                column=header.cells[0],
                remedy="keep one of the two: which is right, the publisher's page says",
            )
        seen[month] = line, rate
    _refuse_gaps(seen, header, name)
    rows = [{"line": line, "month": month, "cny_per_usd": rate} for month, (line, rate) in seen.items()]
    rows_path = workdir / "rows.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=ROW_SCHEMA), rows_path)
    span = f"{format_month(min(seen))}..{format_month(max(seen))}"
    return ParsedRates(rows_path, TABLE, f"{header.title}, {span}", max(seen), text.encoding, len(rows), ())


def _header(cells: list[str], name: str) -> Header:
    said = tuple(cell.strip() for cell in cells)
    for header in HEADERS:
        if said == header.cells:
            return header
    known = " or ".join(",".join(header.cells) for header in HEADERS)
    raise RefusalError(
        f"the first line is no header of exchange rates known here; it begins {', '.join(said[:3])[:100]!r}",
        file=name,
        line=1,
        remedy=f"the header is {known}",
    )


def _row(line: int, cells: list[str], header: Header, name: str) -> tuple[dt.date, Decimal]:
    """Month and rate of one line."""
    if len(cells) != len(header.cells):
        raise RefusalError(
            f"{len(cells)} fields where the header has {len(header.cells)}" if cells else "an empty line",
            file=name,
            line=line,
            remedy="the line is cut or was edited: correct or remove it",
        )
    said, printed = (cell.strip() for cell in cells)
    if any((said, printed) == known.cells for known in HEADERS):
        raise RefusalError(SECOND_HEADER, file=name, line=line, remedy=APART)
    try:
        month = _first_day(said) if header.first_days else parse_month(said)
    except ValueError as error:
        raise RefusalError(
            str(error), file=name, line=line, column=header.cells[0], remedy="months are monthly averages, one a line"
        ) from None
    what: str | None = None
    remedy = "remove a month that has no rate yet from the end; download the file again otherwise"
    if not _RATE.fullmatch(printed):
        what = f"{printed!r} is no rate (a number of at most 6 decimals)"
    elif not LOWEST <= Decimal(printed) <= HIGHEST:
        what = f"{printed} yuan a dollar lies outside {LOWEST} to {HIGHEST}"
        remedy = "rates are yuan (CNY) a US dollar, no other currency and not the inverse"
    if what:
        raise RefusalError(what, file=name, line=line, column=header.cells[1], remedy=remedy)
    return month, Decimal(printed)


def _first_day(text: str) -> dt.date:
    """'2024-10-01' as that month; ValueError for another day, which belongs to a daily or weekly series."""
    if not re.fullmatch(r"\d{4}-\d{2}-01", text, re.ASCII):
        raise ValueError(f"{text!r} is not the first day of a month (YYYY-MM-01)")
    return parse_month(text[:7])


def _refuse_gaps(seen: dict[dt.date, tuple[int, Decimal]], header: Header, name: str) -> None:
    """Refuse a file without rows, and a month that is not there between the first and the last."""
    if not seen:
        raise RefusalError("a header without rows", file=name, remedy="download the rates again")
    for before, month in zip(sorted(seen), sorted(seen)[1:], strict=False):
        if month != add_months(before, 1):
            raise RefusalError(
                f"there is a gap between {format_month(before)} and {format_month(month)}",
                file=name,
                line=seen[month][0],
                column=header.cells[0],
                remedy="download every month from the first to the last; receive two unconnected periods as two files",
            )
