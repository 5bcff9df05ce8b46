"""Figures in a newspaper's words: US$1.11 bn, up 60 %, five months, January to October 2024.

Belongs here: how a value is written, form by form. Not here: which figures there are, nor sentences.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

Value = int | float | dt.date
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip
#: By unit how many dollars it is, and the next smaller one with the digits that it has then.
UNITS: dict[str, tuple[float, str | None, int]] = {" bn": (1e9, " m", 1), " m": (1e6, "", 0), "": (1.0, None, 0)}
#: The share of an amount by which rounding may change it.
ROUNDED_AWAY = 0.05
#: Whole numbers that a newspaper spells out.
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def _rounded(value: float, digits: int) -> str:
    """As the press rounds: a half goes up."""
    return f"{Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):,f}"


def _dollars(value: Value, digits: int, unit: str) -> str:
    """In billions, or in a smaller unit where rounding would make another amount of a small one."""
    number = _number(value)
    size, smaller, finer = UNITS[unit]
    if smaller is not None and abs(float(_rounded(number / size, digits).replace(",", "")) * size - number) > (
        ROUNDED_AWAY * abs(number)
    ):
        return _dollars(value, finer, smaller)
    return f"US${_rounded(number / size, digits)}{unit}"


def _change(value: Value, digits: int) -> str:
    percent = _rounded(100 * abs(_number(value)), digits)
    if not percent.strip("0."):
        return "unchanged"
    return f"{'up' if _number(value) > 0 else 'down'} {percent} %"


def _count(value: Value) -> str:
    number = round(_number(value))
    return NUMBERS[number] if number < len(NUMBERS) else f"{number:,}"


def _months(value: Value) -> str:
    return f"{_count(value)} month{'' if value == 1 else 's'}"


def _month(value: Value) -> str:
    assert isinstance(value, dt.date)
    return f"{MONTHS[value.month - 1]} {value.year}"


def _span(value: Value) -> str:
    """From January on; January alone is itself."""
    assert isinstance(value, dt.date)
    return _month(value) if value.month == 1 else f"January to {_month(value)}"


def _number(value: Value) -> float:
    assert not isinstance(value, dt.date)
    return float(value)


#: By form, how a value is written with so many digits after the point.
FORMS: dict[str, Callable[[Value, int], str]] = {
    "billions": lambda value, digits: _dollars(value, digits, " bn"),
    "millions": lambda value, digits: _dollars(value, digits, " m"),
    "change": _change,
    "percent": lambda value, digits: f"{_rounded(100 * _number(value), digits)} %",
    "count": lambda value, _: _count(value),
    "months": lambda value, _: _months(value),
    "month": lambda value, _: _month(value),
    "span": lambda value, _: _span(value),
}
#: Digits after the point, where a blank says none.
DIGITS = {"billions": 2, "millions": 1, "change": 0, "percent": 1}


def written(value: Value, form: str, digits: int | None = None) -> str:
    """A value in a newspaper's words: US$1.11 bn, up 60 %, five months, January to October 2024."""
    return FORMS[form](value, DIGITS.get(form, 0) if digits is None else digits)
