"""What a blank of a story may ask for, where the marts have it, and in which words it is written.

Belongs here: names of measures and forms. Not here: figures (`figures`), nor which blanks there are (`declared`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from orchestration.base.months import add_months, month_range

Value = int | float | dt.date
#: The marts of all partners together and of each partner.
SERIES = ("mart_category_monthly", "mart_partner_category_monthly")
HEADLINE = ("mart_category_headline_monthly", "mart_partner_category_headline_monthly")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip
#: Whole numbers that a newspaper spells out.
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


@dataclass(frozen=True)
class Measure:
    """One column of the marts. `forms`: how it may be written; `of`: the measure that a change is one of, `back`: by so
    many months; `from_january`: whether it adds up the months of its year; `tables`: of all partners and of each one.
    """

    forms: tuple[str, ...]
    of: str | None = None
    back: int = 0
    from_january: bool = False
    tables: tuple[str, str] = SERIES
    needs_partner: bool = False

    def table_of(self, partner: str) -> str:
        """The mart that has it for a partner, or for all of them together."""
        return self.tables[partner != "all"]

    def months(self, month: dt.date) -> tuple[dt.date, ...]:
        """The months whose trade makes the figure of one."""
        ends = (month, add_months(month, -self.back)) if self.back else (month,)
        return tuple(
            sorted(m for end in ends for m in month_range(end.replace(month=1) if self.from_january else end, end))
        )


AMOUNT, CHANGE, COUNT, MONTH = ("billions", "millions"), ("change", "percent"), ("count", "months"), ("month",)
#: By column of the marts.
MEASURES: dict[str, Measure] = {
    "value_usd": Measure(AMOUNT),
    "value_usd_mom": Measure(CHANGE, of="value_usd", back=1),
    "value_usd_yoy": Measure(CHANGE, of="value_usd", back=12),
    "value_usd_ytd": Measure(AMOUNT, from_january=True),
    "value_usd_ytd_yoy": Measure(CHANGE, of="value_usd_ytd", back=12, from_january=True),
    "value_usd_rolling_12": Measure(AMOUNT),
    "partner_share_usd": Measure(("percent",), needs_partner=True),
    "n_lines": Measure(COUNT),
    "month": Measure(("month", "span")),
    "threshold_usd": Measure(AMOUNT, tables=HEADLINE),
    "months_at_or_above": Measure(COUNT, tables=HEADLINE),
    "above_since": Measure(MONTH, tables=HEADLINE),
}


def _rounded(value: float, digits: int) -> str:
    """As the press rounds: a half goes up."""
    return f"{Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):,f}"


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
    "billions": lambda value, digits: f"US${_rounded(_number(value) / 1e9, digits)} bn",
    "millions": lambda value, digits: f"US${_rounded(_number(value) / 1e6, digits)} m",
    "change": _change,
    "percent": lambda value, digits: f"{_rounded(100 * _number(value), digits)} %",
    "count": lambda value, _: _count(value),
    "months": lambda value, _: _months(value),
    "month": lambda value, _: _month(value),
    "span": lambda value, _: _span(value),
}
#: Digits after the point, where a blank says none.
DIGITS = {"billions": 2, "millions": 1, "change": 0, "percent": 1}


def written(value: Value, form: str, digits: int | None) -> str:
    """A value in a newspaper's words: US$1.11 bn, up 60 %, five months, January to October 2024."""
    return FORMS[form](value, DIGITS.get(form, 0) if digits is None else digits)
