"""What the title of a bulletin says: table, flow, month, currency. All titles of a page must say the same."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from orchestration.sources.gacc_bulletin.page import BulletinPage, Line
from orchestration.sources.gacc_bulletin.text import Place, fold

T = TypeVar("T")
_KINDS = {
    "commodity": re.compile(r"major (export|import)s?( commodities)? (?:by|in) quantity and value"),
    "country": re.compile(
        r"total (?:values? of )?(?:exports? (?:&|and) imports?|imports? (?:&|and) exports?)(?: values?)?"
        r" by (?:major )?countr(?:y|ies)\b"
    ),
    "regime": re.compile(r"(export|import)s? of selected commodities by (?:major )?customs regimes?"),
}
_NAMES = (
    "jan(?:uary)?", "feb(?:ruary)?", "mar(?:ch)?", "apr(?:il)?", "may", "june?", "july?", "aug(?:ust)?",
    "sept?(?:ember)?", "oct(?:ober)?", "nov(?:ember)?", "dec(?:ember)?",
)  # fmt: skip
_NAME = rf"(?:{'|'.join(_NAMES)})\b\.?"
#: The name of a month in folded lower case.
NAME = re.compile(rf"\b{_NAME}")
_BY_NAME = re.compile(rf"\b(?:({_NAME})\s*(?:-|to|and|&)\s*)?({_NAME})[\s,]*(20\d\d)\b")
_BY_NUMBER = re.compile(r"(?<![\d.-])(?:(\d{1,2})\s*-\s*)?(\d{1,2})\s*[./]\s*(20\d\d)\b")
_CURRENCIES = {"USD": re.compile(r"\busd|us\$|us dollar"), "CNY": re.compile(r"\bcny|\brmb|\byuan\b")}


@dataclass(frozen=True)
class Title:
    """What the titles of a page say together; `text` is the table's own title, else the page's.

    `month` is the first day of the last month spoken of. `currency` is None if no title names one.
    """

    line: int
    text: str
    table: str
    flow: str
    month: dt.date
    currency: str | None


def table_of(text: str) -> str | None:
    """Which table a text is the title of: commodity, country, regime; None if of none known here."""
    folded = fold(text).casefold()
    return next((kind for kind, pattern in _KINDS.items() if pattern.search(folded)), None)


def read_title(page: BulletinPage, in_table: Sequence[Line]) -> Title:
    """What the titles in and outside the table say; `RefusalError` where one is missing, unclear or contradicts.

    A page that is dated before its month was over cannot speak of that month, and is refused.
    """
    lines = [*in_table, *(line for line in reversed(page.titles) if table_of(line.text))]
    if not lines:
        raise Place(page.name, page.headings[0].line).refusal(
            "no title says which bulletin this is",
            "the titles of major exports, major imports, trade by country and trade by customs regime are known",
        )
    place = Place(page.name, lines[0].line)
    table = _agreed(page, lines, "table", [table_of(line.text) for line in lines])
    flow = _agreed(page, lines, "flow", [_flow(line.text) for line in lines])
    month = _agreed(page, lines, "month", [_month(page, line) for line in lines])
    currency = _agreed(page, lines, "currency", [_currency(page, line) for line in lines])
    if table != page.table:
        what = f"the title is that of a table by {table}, the headings are those of one by {page.table}"
        raise place.refusal(what, "title and table do not belong together: download the page again")
    if month is None:
        raise place.refusal("the title names no month", "download the page of one month; an index has no month")
    if page.published and page.published < _next(month):
        raise place.refusal(
            f"the page is dated {page.published}, before {month:%Y-%m}, of which its title speaks, was over",
            "one of the two is wrong: wait for a corrected page",
        )
    return Title(lines[0].line, lines[0].text, page.table, str(flow), month, currency)


def confirmed(title: Title, published: dt.date | None) -> bool:
    """Whether the page's date confirms the title's month: bulletins of a month come out in the month after it."""
    return published is not None and published.replace(day=1) == _next(title.month)


def _next(month: dt.date) -> dt.date:
    return (month + dt.timedelta(days=31)).replace(day=1)


def _agreed(page: BulletinPage, lines: Sequence[Line], what: str, said: Sequence[T | None]) -> T | None:
    """The one thing that all titles say which say anything."""
    told = [(line, value) for line, value in zip(lines, said, strict=True) if value is not None]
    for line, value in told:
        if value != told[0][1]:
            raise Place(page.name, line.line).refusal(
                f"two titles of the page contradict each other about the {what}: {line.text!r} and {told[0][0].text!r}",
                "one of the two is wrong: download the page again, or wait for a corrected one",
            )
    return told[0][1] if told else None


def _flow(text: str) -> str:
    folded = fold(text).casefold()
    found = next(match for pattern in _KINDS.values() if (match := pattern.search(folded)))
    return found[1] if found.re.groups else "both"


def _month(page: BulletinPage, line: Line) -> dt.date | None:
    """The last month that a title names, in the ways customs print it: Jun 2025, January-February 2025, 6.2026."""
    folded = fold(line.text).casefold()
    named = [(first and month_number(first), month_number(last), int(y)) for first, last, y in _BY_NAME.findall(folded)]
    counted = [(first and int(first), int(last), int(year)) for first, last, year in _BY_NUMBER.findall(folded)]
    months = set(named + counted)
    if not months:
        return None
    first, last, year = months.pop()
    if months or not 1 <= last <= 12 or first not in ("", 1):
        raise Place(page.name, line.line).refusal(
            f"the title {line.text!r} does not say one month, or months from January on",
            "one of its months is wrong: wait for a corrected page",
        )
    return dt.date(year, last, 1)


def month_number(name: str) -> int:
    """The number of a month that `NAME` matches."""
    return next(n for n, pattern in enumerate(_NAMES, start=1) if re.fullmatch(pattern, name.rstrip(".")))


def _currency(page: BulletinPage, line: Line) -> str | None:
    folded = fold(line.text).casefold()
    named = [currency for currency, pattern in _CURRENCIES.items() if pattern.search(folded)]
    if len(named) > 1:
        raise Place(page.name, line.line).refusal(
            f"the title {line.text!r} names two currencies", "one page holds one currency: download each by itself"
        )
    return named[0] if named else None
