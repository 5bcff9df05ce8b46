"""What claims measure: an amount, its change on a year or a month before, or a partner's share of it.

Belongs here: names of measures and what follows from them. Not here: figures (`series`), verdicts (`comparisons`).
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from orchestration.base.months import add_months
from orchestration.base.plain import plain

Base = Literal["value_usd", "value_local", "quantity"]
Growth = Literal["value_usd_yoy", "value_local_yoy", "quantity_yoy"]
Monthly = Literal["value_usd_mom", "value_local_mom", "quantity_mom"]
Share = Literal["partner_share_usd", "partner_share_local"]
Measure = Base | Growth | Monthly | Share
Kind = Literal["amount", "yoy", "mom", "share"]
Number = int | Fraction | Decimal
#: By how many months a change looks back.
BACK = {"yoy": 12, "mom": 1}
SHARE = "partner_share_"


def kind_of(measure: str) -> Kind:
    """What is said of the amount."""
    if measure.startswith(SHARE):
        return "share"
    return "yoy" if measure.endswith("_yoy") else "mom" if measure.endswith("_mom") else "amount"


def base_of(measure: str) -> Base:
    """The amount that is summed over months."""
    if measure.startswith(SHARE):
        return "value_usd" if measure.endswith("_usd") else "value_local"
    base: Base = measure.removesuffix("_yoy").removesuffix("_mom")  # type: ignore[assignment]
    return base


def earlier(measure: str, months: tuple[dt.date, ...]) -> tuple[dt.date, ...]:
    """The months that a change is one on; none for what is no change."""
    back = BACK.get(kind_of(measure), 0)
    return tuple(add_months(month, -back) for month in months) if back else ()


def shown(value: Number, measure: str) -> str:
    """A figure in words: changes and shares in percent, with as many digits as they take, at most three."""
    kind = kind_of(measure)
    if kind == "amount":
        return plain(float(value) if isinstance(value, Fraction) else value)
    percent = float(value) * 100
    return (f"{percent:.3f}" if kind == "share" else f"{percent:+.3f}").rstrip("0").rstrip(".") + " %"
