"""The index of the bulletins: of a year, which table stands for which month at which address.

Belongs here: reading the page that lists the bulletins. Not here: asking for anything (`web`), and what a bulletin says
itself (`parse`), which counts: an index only says where it is.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import lxml.etree
import lxml.html

from orchestration.base.errors import RefusalError
from orchestration.sources.gacc_bulletin.text import clean, fold
from orchestration.sources.gacc_bulletin.title import NAME, month_number

#: What a year may be called in the list of years; the bulletins in English begin with 2018.
_YEAR = re.compile(r"20\d\d", re.ASCII)
_TITLE = re.compile(r"\(\s*(\d{1,2})\s*\)\s*(.+)", re.ASCII)
_CURRENCIES = {"USD": re.compile(r"\bin (usd|us dollars?)\b"), "CNY": re.compile(r"\bin (cny|rmb)\b")}


@dataclass(frozen=True)
class Listed:
    """A bulletin that is out. `table`: its number; `title`: as printed, with the number; `currency`: None where the
    title names none; `label`: what the link is called; `month`: the last it speaks of, None where the label is no
    month; `link`: as printed.
    """

    table: int
    title: str
    currency: str | None
    label: str
    month: dt.date | None
    link: str


@dataclass(frozen=True)
class Index:
    """What the index of a year lists, in its order. `years`: those that have an index, as its own list says."""

    year: int
    years: tuple[int, ...]
    bulletins: tuple[Listed, ...]


def read_index(content: bytes, name: str, year: int | None = None) -> Index:
    """The bulletins that an index links to; a month that is not out yet has no link, and is not there.

    `year`: of which the index was asked, None for the one that stands for the latest year. `RefusalError` if the page
    is no index, lists no table, or is that of another year.
    """
    try:
        root = lxml.html.document_fromstring(content, parser=lxml.html.HTMLParser(encoding="utf-8", no_network=True))
    except (lxml.etree.ParserError, lxml.etree.XMLSyntaxError):
        raise RefusalError("the page holds no elements", file=name) from None
    options = [(option, clean(option.text_content())) for option in root.iter("option")]
    years = tuple(sorted({int(text) for _, text in options if _YEAR.fullmatch(text)}))
    shown = [int(text) for option, text in options if option.get("selected") is not None and _YEAR.fullmatch(text)]
    if not years:
        raise RefusalError("this is no index of bulletins: it has no list of years", file=name)
    of = shown[0] if shown else year or years[-1]
    if year not in (None, of):
        raise RefusalError(f"the index of {year} was asked for, and that of {of} is shown", file=name)
    rows = [(row, title) for row in root.iter("tr") if (title := _TITLE.match(_first_cell(row)))]
    if not rows:
        raise RefusalError("this is no index of bulletins: no table is listed", file=name)
    return Index(of, years, tuple(listed for row, title in rows for listed in _bulletins(row, title, of)))


def _first_cell(row: Any) -> str:
    """The text of a row's first cell, which is the title of a table."""
    cell = next(row.iterchildren("td"), None)
    return "" if cell is None else fold(cell.text_content())


def _bulletins(row: Any, title: re.Match[str], year: int) -> Iterator[Listed]:
    """The bulletins of one table. January and February, where they are out together, stand as February."""
    said = title[0].casefold()
    currency = next((currency for currency, pattern in _CURRENCIES.items() if pattern.search(said)), None)
    for link in row.iter("a"):
        if address := clean(link.get("href", "")):
            label = clean(link.text_content())
            named = NAME.findall(fold(label).casefold())
            month = dt.date(year, month_number(named[-1]), 1) if named else None
            yield Listed(int(title[1]), title[0], currency, label, month, address)
