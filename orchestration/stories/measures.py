"""What a blank of a story may ask for, where the marts have it, and in which forms it may be written.

Belongs here: which columns a story may ask for. Not here: what they mean (`warehouse.measures`), figures (`figures`),
how they are written (`base.words`), nor which blanks there are (`declared`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from orchestration.base.months import add_months, month_range

#: The marts of all partners together and of each partner.
SERIES = ("mart_category_monthly", "mart_partner_category_monthly")
HEADLINE = ("mart_category_headline_monthly", "mart_partner_category_headline_monthly")


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
