"""Tables of two columns, month and yuan for a dollar: the plain one, and the Federal Reserve's.

Belongs here: their headers and lines. Not here: rates for a euro (`ecb`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from orchestration.base.errors import RefusalError
from orchestration.base.months import parse_month
from orchestration.sources.exchange_rates.rate import DECIMALS, Rate, RateTable, out_of_bounds, refuse_twice
from orchestration.sources.files.kinds import APART, SECOND_HEADER

TABLE = "cny_per_usd_monthly"
_RATE = re.compile(rf"\d{{1,6}}(\.\d{{1,{DECIMALS}}})?", re.ASCII)


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


def header_of(cells: list[str]) -> Header | None:
    """The header that a first line is; None if it is none of these."""
    said = tuple(cell.strip() for cell in cells)
    return next((header for header in HEADERS if said == header.cells), None)


def read_table(lines: Iterable[tuple[int, list[str]]], header: Header, name: str) -> RateTable:
    """The rates below a header, in the order of the file; `RefusalError` with line and column if one is not sound."""
    seen: dict[dt.date, Rate] = {}
    for line, cells in lines:
        month, rate = _row(line, cells, header, name)
        if month in seen:
            raise refuse_twice(month, seen[month].line, line, header.cells[0], name)
        seen[month] = rate
    return RateTable(TABLE, header.title, header.cells[0], seen)


def _row(line: int, cells: list[str], header: Header, name: str) -> tuple[dt.date, Rate]:
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
    what: str | None = f"{printed!r} is no rate (a number of at most {DECIMALS} decimals)"
    remedy = "remove a month that has no rate yet from the end; download the file again otherwise"
    if _RATE.fullmatch(printed) and (what := out_of_bounds(Decimal(printed))):
        remedy = "rates are yuan (CNY) a US dollar, no other currency and not the inverse"
    if what:
        raise RefusalError(what, file=name, line=line, column=header.cells[1], remedy=remedy)
    return month, Rate(line, Decimal(printed), printed)


def _first_day(text: str) -> dt.date:
    """'2024-10-01' as that month; ValueError for another day, which belongs to a daily or weekly series."""
    if not re.fullmatch(r"\d{4}-\d{2}-01", text, re.ASCII):
        raise ValueError(f"{text!r} is not the first day of a month (YYYY-MM-01)")
    return parse_month(text[:7])
