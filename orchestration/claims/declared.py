"""Reviewed claims as printed (`expectations/claims.yml`): one model a comparison, read strictly.

Belongs here: what a claim must say, and which months it speaks of. Not here: whether it holds (`comparisons`).
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from orchestration.base.months import add_months, format_month, last_day, month_range
from orchestration.claims.measures import Base, Growth, Kind, Measure, base_of, earlier, kind_of
from orchestration.claims.subject import OfSource
from orchestration.landing.datasets import Month
from orchestration.landing.scope import Flow, Months

Number = Annotated[Decimal, Field(max_digits=24, decimal_places=6)]
#: A change of ten times and more, or one printed to 10 points, is a percentage that was meant as a fraction.
GREATEST_CHANGE, COARSEST = 10, Decimal("0.05")


class ClaimOf(OfSource):
    """What every claim says. `text`: what is printed, in short words of our own; `published_on`: the publisher's date.

    `partner`: a code of the source, or all. `category`: None where the claim
    speaks of all categories of its scheme. `unit`: of quantities, by the source's English name. `value` and `half_unit`
    are in whole dollars, local currency or units, or fractions (0.60 = +60 %); None where nothing was printed.
    `is_known_error`: it has been found wrong already, and `remark` says how; that it is contradicted is expected.
    """

    text: str
    publisher: str
    published_on: dt.date
    address: str
    remark: str | None = None
    is_known_error: bool = False
    flow: Flow
    partner: str
    scheme: str
    category: str | None = None
    measure: Measure
    unit: str | None = None
    comparison: str
    period: Months
    value: Number | None = None
    half_unit: Annotated[Number, Field(ge=0)] | None = None

    @field_validator("text", "publisher", "address", "remark")
    @classmethod
    def _said(cls, value: str | None) -> str | None:
        if value is not None and not value.strip():
            raise ValueError("must say something")
        if value is not None and not value.isprintable():
            raise ValueError("must be one line, without control characters")
        return value

    @model_validator(mode="after")
    def _sound(self) -> ClaimOf:
        first, last = self.period
        if not self.first_month <= first <= last:
            raise ValueError(
                f"the period lies before {format_month(self.first_month)}, or its last month before its first"
            )
        if self.published_on <= last_day(last):
            raise ValueError("published_on lies before the end of the period: no figure of it can have been out")
        if self.base == "value_local" and self.declared.local_currency is None:
            raise ValueError(f"{self.source} prints US dollars only")
        if (self.unit is not None) != (self.base == "quantity"):
            raise ValueError("a quantity needs its unit, and nothing else has one")
        if self.is_known_error and not self.remark:
            raise ValueError("the remark of a known error says what is wrong with it")
        if self.kind == "mom" and first != last:
            raise ValueError("a change on the month before speaks of one month: write YYYY-MM")
        if self.kind == "share" and self.partner == "all":
            raise ValueError("all partners together have no share of themselves: name a partner")
        return self

    @model_validator(mode="after")
    def _fraction(self) -> ClaimOf:
        """A quotient is a fraction; percent is told by its size."""
        if self.kind == "amount" or self.value is None:
            return self
        if self.kind == "share" and not 0 <= self.value <= 1:
            raise ValueError(f"a share is a fraction between 0 and 1: write {self.value / 100} for {self.value} %")
        if abs(self.value) >= GREATEST_CHANGE or (self.half_unit or 0) > COARSEST:
            raise ValueError(
                f"a change is a fraction: write {self.value / 100} for {self.value:+} %, and half_unit likewise"
            )
        return self

    @property
    def base(self) -> Base:
        """The measure that is summed over months."""
        return base_of(self.measure)

    @property
    def kind(self) -> Kind:
        """Whether the printed figure is an amount, or a change or share, which are fractions."""
        return kind_of(self.measure)

    @property
    def period_months(self) -> tuple[dt.date, ...]:
        """The months of the period."""
        return tuple(month_range(*self.period))

    def months(self) -> tuple[dt.date, ...]:
        """Every month whose figure the comparison needs."""
        return earlier(self.measure, self.period_months) + self.period_months

    def bounds(self) -> tuple[Decimal | None, Decimal | None]:
        """The least and the greatest figure that the print allows; None = no bound."""
        return None, None


class _OfSeries(ClaimOf):
    category: str


class _OfOneMonth(_OfSeries):
    @field_validator("period")
    @classmethod
    def _one(cls, value: tuple[dt.date, dt.date]) -> tuple[dt.date, dt.date]:
        if value[0] != value[1]:
            raise ValueError("this comparison speaks of one month: write YYYY-MM")
        return value

    @property
    def month(self) -> dt.date:
        """The month that the claim speaks of."""
        return self.period[1]


class Equals(_OfSeries):
    """The figure of the period is the printed one, as far as its last printed digit says."""

    comparison: Literal["equals"]
    value: Number
    half_unit: Annotated[Number, Field(ge=0)]

    def bounds(self) -> tuple[Decimal, Decimal]:
        """Both ends belong to the range: a half may be rounded either way."""
        return self.value - self.half_unit, self.value + self.half_unit


class Threshold(_OfSeries):
    """The figure of the period lies above, or below, a value that is meant exactly."""

    comparison: Literal["above", "below"]
    value: Number
    half_unit: None = None

    def bounds(self) -> tuple[Decimal | None, Decimal | None]:
        """One end, which itself does not belong to the range."""
        return (self.value, None) if self.comparison == "above" else (None, self.value)


class AboveEveryMonthSince(_OfOneMonth):
    """Every month from `since` to the period lies above a value that is meant exactly."""

    comparison: Literal["above_every_month_since"]
    measure: Base
    since: Month
    value: Number
    half_unit: None = None

    @model_validator(mode="after")
    def _in_order(self) -> AboveEveryMonthSince:
        if not self.first_month <= self.since <= self.month:
            raise ValueError(f"since lies after the period, or before {format_month(self.first_month)}")
        return self

    def months(self) -> tuple[dt.date, ...]:
        """From `since` on, itself included."""
        return tuple(month_range(self.since, self.month))

    def bounds(self) -> tuple[Decimal | None, Decimal | None]:
        """Of the least month."""
        return self.value, None


class Record(_OfOneMonth):
    """The month is greater than every known earlier one; with `since`, than every month from that one on."""

    comparison: Literal["record"]
    measure: Base
    since: Month | None = None
    value: None = None
    half_unit: None = None

    @model_validator(mode="after")
    def _in_order(self) -> Record:
        if self.since is not None and not self.first_month <= self.since < self.month:
            raise ValueError(f"since must lie before the period, and not before {format_month(self.first_month)}")
        return self

    def months(self) -> tuple[dt.date, ...]:
        """Without `since` only the month itself is needed; what else is known is compared."""
        return tuple(month_range(self.since or self.month, self.month))


class FastestSince(_OfOneMonth):
    """The month's change on a year before is greater than that of every month after `since`, itself not compared."""

    comparison: Literal["fastest_since"]
    measure: Growth
    since: Month
    value: None = None
    half_unit: None = None

    @model_validator(mode="after")
    def _in_order(self) -> FastestSince:
        if not self.first_month <= self.since < add_months(self.month, -1):
            raise ValueError("between since and the period there must be a month to compare with")
        return self

    @property
    def rivals(self) -> tuple[dt.date, ...]:
        """The months between `since` and the period."""
        return tuple(month_range(add_months(self.since, 1), add_months(self.month, -1)))

    def months(self) -> tuple[dt.date, ...]:
        """Of both years, each once."""
        mine = (*self.rivals, self.month)
        return tuple(sorted({*earlier(self.measure, mine), *mine}))


class Stockpile(_OfOneMonth):
    """Mean of the last three months over the mean of the twelve before them, above a value."""

    comparison: Literal["stockpile"]
    measure: Base
    value: Number
    half_unit: None = None

    def months(self) -> tuple[dt.date, ...]:
        """Fifteen months."""
        return tuple(month_range(add_months(self.month, -14), self.month))

    def bounds(self) -> tuple[Decimal | None, Decimal | None]:
        """One end, which itself does not belong to the range."""
        return self.value, None


class NMonths(_OfSeries):
    """The number of months of the period that lie above a limit, which is meant exactly."""

    comparison: Literal["n_months"]
    measure: Base
    limit: Annotated[Number, Field(ge=0)]
    value: Annotated[Decimal, Field(ge=0, decimal_places=0, max_digits=4)]
    half_unit: None = None

    def bounds(self) -> tuple[Decimal | None, Decimal | None]:
        """A number of months is exact."""
        return self.value, self.value


class NTypes(ClaimOf):
    """The number of categories of a scheme that were traded in the period."""

    comparison: Literal["n_types"]
    category: None = None
    measure: Literal["value_usd", "value_local"]
    value: Annotated[Decimal, Field(ge=0, decimal_places=0, max_digits=6)]
    half_unit: None = None

    def bounds(self) -> tuple[Decimal | None, Decimal | None]:
        """A number of things is exact."""
        return self.value, self.value


class Top(ClaimOf):
    """The named categories are exactly the greatest of their scheme, in this order if `ordered`."""

    comparison: Literal["top"]
    category: None = None
    measure: Literal["value_usd", "value_local"]
    categories: Annotated[tuple[str, ...], Field(min_length=1)]
    ordered: bool = False
    value: None = None
    half_unit: None = None

    @field_validator("categories")
    @classmethod
    def _once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) != len(value):
            raise ValueError("a category is named twice")
        return value


Claim = Annotated[
    Equals | Threshold | AboveEveryMonthSince | Record | FastestSince | Stockpile | NMonths | NTypes | Top,
    Field(discriminator="comparison"),
]
