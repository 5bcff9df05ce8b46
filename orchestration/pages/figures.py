"""A figure on a page: the published cell that it is, its value as that has it, and the words in which it is written.

Belongs here: how a figure says where it comes from, so that it can be read back and compared. Not here: which figures
are shown (`sections`, `pictures`), nor what they are compared with (`look_up`).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup, escape

from orchestration.base.months import format_month, last_day, parse_month
from orchestration.base.words import MONTHS, written

Value = int | float | str | bool | dt.date | Decimal
#: The columns that tell a series.
SERIES_KEY = ("source", "reporter", "flow", "partner_code", "category_scheme", "category_code")
Key = Mapping[str, str]
#: What stands for a figure that is not known.
UNKNOWN = "not known"


def key_text(key: Key) -> str:
    """A key as the attribute `data-key` has it."""
    assert not any(mark in part for pair in key.items() for part in pair for mark in ";=")
    return ";".join(f"{name}={value}" for name, value in key.items())


def value_text(value: object) -> str:
    """A value as the attribute `value` has it, and as it is compared; nothing for what is not known."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return f"{value:.1f}"
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return value.isoformat() if isinstance(value, dt.date | dt.datetime) else str(value)


def plotted(value: float, form: str) -> float:
    """Where a value stands on a scale: a logarithm of a change at the change that it is one of."""
    return math.expm1(value) if form == "by_log" else value


def _day(value: object, _: int) -> str:
    assert isinstance(value, dt.date)
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def _short_day(value: object, _: int) -> str:
    assert isinstance(value, dt.date)
    return f"{value.day} {MONTHS[value.month - 1][:3]} {value.year}"


#: The forms that a page has beside those of stories. Billions and millions without a currency are those of scales.
FORMS: dict[str, Callable[[object, int], str]] = {
    "whole": lambda value, _: f"{value:,}",
    "points": lambda value, digits: f"{100 * float(str(value)):+.{digits}f} points".replace("-", "−"),
    "by_log": lambda value, digits: written(math.expm1(float(str(value))), "change", digits),
    "bn": lambda value, digits: f"{float(str(value)) / 1e9:,.{digits}f}",
    "mn": lambda value, digits: f"{float(str(value)) / 1e6:,.{digits}f}",
    "number": lambda value, digits: f"{float(str(value)):,.{digits}f}",
    "thousands": lambda value, _: f"{round(float(str(value))):,}",
    "text": lambda value, _: str(value),
    "year_month": lambda value, _: format_month(value),  # type: ignore[arg-type]
    "day": _day,
    "short_day": _short_day,
}


def told(value: object, form: str, digits: int | None = None) -> str:
    """A value in words. Forms are also `local CNY`, billions of a currency, and `lag 2024-10`, days since a month."""
    if form.startswith("lag "):
        assert isinstance(value, dt.date)
        return f"{(value - last_day(parse_month(form[4:]))).days} days"
    if form.startswith("local "):
        return written(value, "billions", digits).replace("US$", f"{form[6:]} ")  # type: ignore[arg-type]
    if form in FORMS:
        return FORMS[form](value, digits or 0)
    return written(value, form, digits)  # type: ignore[arg-type]


def new_year(day: dt.date) -> Cell:
    """The day of a Lunar New Year, as the calendar of the release has it."""
    return Cell("dim_month", "lunar_new_year", {"month": format_month(day)}, day, "short_day")


@dataclass(frozen=True)
class Cell:
    """A published cell. `column`: also a name of `look_up.SUMS`, over the rows of the key. `form`, `digits`: how it is
    written.
    """

    table: str
    column: str
    key: Key
    value: Value | None
    form: str
    digits: int | None = None

    @property
    def words(self) -> str:
        """As a reader sees it."""
        return UNKNOWN if self.value is None else told(self.value, self.form, self.digits)

    def __html__(self) -> str:
        return self.tag()

    def tag(self, inherited: bool = False) -> Markup:
        """The element of HTML. `inherited`: elements around it say the table, and all of the key but the month."""
        key = {"month": self.key["month"]} if inherited else self.key
        table = "" if inherited else Markup(' data-table="{}"').format(self.table)
        form = self.form if self.digits is None else f"{self.form} {self.digits}"
        return Markup('<data value="{}"{} data-column="{}" data-key="{}" data-form="{}">{}</data>').format(
            value_text(self.value), table, self.column, key_text(key), form, self.words
        )

    def span(self) -> Markup:
        """The element of SVG, within a text."""
        said = '<tspan data-value="{}" data-table="{}" data-column="{}" data-key="{}" data-form="{}">{}</tspan>'
        return Markup(said).format(
            value_text(self.value), self.table, self.column, key_text(self.key), self.form, self.words
        )


def quoted(sentence: str, cells: Mapping[str, Cell]) -> Markup:
    """Text with names in braces, each filled in with its figure."""
    return Markup(escape(sentence)).format_map({name: Markup(cell.__html__()) for name, cell in cells.items()})
