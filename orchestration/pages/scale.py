"""Scales: from a value or a month to a place in a picture.

Belongs here: arithmetic of places, which also says whether a mark stands where it must. Not here: marks (`drawing`).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection
from dataclasses import dataclass

from orchestration.base.months import add_months, months_between

#: So far may a mark be off, in units of a picture: places are written with one digit after the point.
OFF = 0.11


@dataclass(frozen=True)
class Linear:
    """`zero`: where 0 stands, downwards from the top; `per`: units of the picture a unit of the value."""

    zero: float
    per: float
    ticks: tuple[float, ...]

    def __call__(self, value: float) -> float:
        """Where a value stands."""
        return self.zero - value * self.per


@dataclass(frozen=True)
class Months:
    """`left`: where the first month begins; `step`: the width of a month."""

    first: dt.date
    left: float
    step: float

    def middle(self, month: dt.date) -> float:
        """The middle of a month."""
        return self.left + self.step * (months_between(self.first, month) + 0.5)

    def day(self, day: dt.date) -> float:
        """Where a day stands."""
        month = day.replace(day=1)
        days = (add_months(month, 1) - month).days
        return self.left + self.step * (months_between(self.first, month) + (day.day - 1) / days)


def linear(values: Collection[float], top: float, bottom: float, most: int = 5) -> Linear:
    """A scale on which all values, and 0, have room, with at most so many round ticks and one more."""
    low, high = min(0.0, *values), max(0.0, *values)
    if low == high:
        high = 1.0
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    unit = next(power * n for n in (1, 2, 2.5, 5, 10) if power * n >= rough * (1 - 1e-9))
    first, last = math.floor(low / unit + 1e-9), math.ceil(high / unit - 1e-9)
    ticks = tuple(n * unit for n in range(first, last + 1))
    per = (bottom - top) / (ticks[-1] - ticks[0])
    return Linear(bottom + ticks[0] * per, per, ticks)
