"""Months: arithmetic, reading and writing. A month is the date of its first day.

Belongs here: what is true of any calendar. Not here: when a publisher shows a month (`sources`), which months are
promised (`landing.datasets`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator


def add_months(month: dt.date, n: int) -> dt.date:
    """First day of the month that lies n months after (n < 0: before) the given one."""
    index = month.year * 12 + month.month - 1 + n
    return dt.date(index // 12, index % 12 + 1, 1)


def months_between(first: dt.date, last: dt.date) -> int:
    """How many months the second lies after the first."""
    return (last.year - first.year) * 12 + last.month - first.month


def last_day(month: dt.date) -> dt.date:
    """Last calendar day of the month."""
    return add_months(month, 1) - dt.timedelta(days=1)


def month_range(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    """Every month from first to last, both included; empty if last lies before first."""
    for n in range(months_between(first, last) + 1):
        yield add_months(first, n)


def parse_month(text: str) -> dt.date:
    """'2024-10' as the first day of that month; ValueError for anything else."""
    if len(text) != 7 or text[4] != "-" or not (text[:4] + text[5:]).isascii() or not (text[:4] + text[5:]).isdigit():
        raise ValueError(f"{text!r} is not a month: write YYYY-MM")
    if not 1 <= int(text[5:]) <= 12:
        raise ValueError(f"{text!r} is not a month: there are twelve of them")
    if text.startswith("0000"):
        raise ValueError(f"{text!r} is not a month: years are counted from 1")
    return dt.date(int(text[:4]), int(text[5:]), 1)


def parse_months(text: str) -> tuple[dt.date, dt.date]:
    """'2024-01..2024-10', or '2024-10' for one month, as first and last month; ValueError for anything else, also where
    an end is left open.
    """
    first, dots, last = (part.strip() for part in text.partition(".."))
    if dots and not (first and last):
        raise ValueError(f"{text!r} has no {'last' if first else 'first'} month: write FIRST..LAST, each as YYYY-MM")
    span = parse_month(first), parse_month(last if dots else first)
    if span[0] > span[1]:
        raise ValueError(f"{text!r}: the last month lies before the first")
    return span


def format_month(month: dt.date) -> str:
    """A month as YYYY-MM, the one form in which months are printed."""
    return f"{month:%Y-%m}"


def runs(months: Iterable[dt.date]) -> list[tuple[dt.date, ...]]:
    """Months in order, those of each unbroken run together; each month once."""
    found: list[list[dt.date]] = []
    for month in sorted(set(months)):
        if found and add_months(found[-1][-1], 1) == month:
            found[-1].append(month)
        else:
            found.append([month])
    return [tuple(run) for run in found]


def spans(months: Iterable[dt.date]) -> str:
    """Months as unbroken ranges: 2023-10, 2024-06..2024-10."""
    return ", ".join("..".join(dict.fromkeys(map(format_month, (run[0], run[-1])))) for run in runs(months))
