"""What a rate is: yuan for a US dollar in one month, where it is printed, and what a sound one lies between.

Belongs here: what holds for the rates of every publisher. Not here: their tables (`table`, `ecb`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from orchestration.base.errors import RefusalError
from orchestration.base.months import add_months, format_month

#: A dollar has cost between 1.5 and 8.8 yuan since 1981: what lies outside is another rate, or its inverse.
LOWEST, HIGHEST = Decimal(1), Decimal(20)
#: Digits of a rate behind its point; what is computed is rounded to as many.
DECIMALS = 6


class Rate(NamedTuple):
    """Yuan for a dollar, the physical line it stands on, and the text there: of two rates both."""

    line: int
    value: Decimal
    printed: str


@dataclass(frozen=True)
class RateTable:
    """The rates of one file by month. `table`: which of the source's; `title`: whose rates they are; `column`: the one
    of the months.
    """

    table: str
    title: str
    column: str
    rates: Mapping[dt.date, Rate]
    remarks: tuple[str, ...] = ()


def out_of_bounds(rate: Decimal) -> str | None:
    """What is wrong with a number that is no such rate; None where nothing is."""
    return None if LOWEST <= rate <= HIGHEST else f"{rate} yuan a dollar lies outside {LOWEST} to {HIGHEST}"


def refuse_twice(month: dt.date, first: int, line: int, column: str, name: str) -> RefusalError:
    """The error for a month that stands on two lines."""
    return RefusalError(
        f"the month {format_month(month)} stands twice, first on line {first}",
        file=name,
        line=line,
        column=column,
        remedy="keep one of the two: which is right, the publisher's page says",
    )


def refuse_gaps(found: RateTable, name: str) -> None:
    """Refuse a file without rates, and a month that is not there between the first and the last: a mean over a period
    that lacks a month would be another figure, and look the same.
    """
    if not found.rates:
        raise RefusalError("a header without rows", file=name, remedy="download the rates again")
    for before, month in zip(sorted(found.rates), sorted(found.rates)[1:], strict=False):
        if month != add_months(before, 1):
            raise RefusalError(
                f"there is a gap between {format_month(before)} and {format_month(month)}",
                file=name,
                line=found.rates[month].line,
                column=found.column,
                remedy="download every month from the first to the last; receive two unconnected periods as two files",
            )
