"""Series that nobody has published, to be drawn and judged.

Belongs here: what several tests of pages are made of. Not here: tests.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from orchestration.base.months import add_months
from orchestration.pages.series import Series, Stream

FIRST = dt.date(2022, 1, 1)


def series(
    values: Sequence[int | None], prints: Sequence[Mapping[str, Any]] = (), **rows: Mapping[dt.date, Any]
) -> Series:
    """Chips from the United States, from January 2022 on; None is a month that is not covered. `rows`: by column what
    else is known of a month. Growth is that of the values.
    """
    months = [add_months(FIRST, n) for n in range(len(values))]
    known = {month: value for month, value in zip(months, values, strict=True) if value is not None}
    made = {}
    for month, value in known.items():
        before = known.get(add_months(month, -12))
        made[month] = {
            "value_usd": value,
            "value_local": None,
            "local_currency": "CNY",
            "value_usd_yoy": value / before - 1 if before else None,
            "is_low_base": None if before is None else 0 < before < 1_000_000,
            **{column: of.get(month) for column, of in rows.items()},
        }
    stream = Stream("gacc", "CHN", "import", months[-1], dt.date(2024, 12, 20), "mart_category_coverage", "covered_usd")
    names = ("502", "ic", "integrated_circuits", "United States", "Integrated circuits")
    return Series(stream, *names, made, tuple(prints))


def restated(month: dt.date, first: int, latest: int) -> list[dict[str, Any]]:
    """Two prints of a month."""
    one = {"month": month, "first_value_usd": first, "latest_value_usd": latest, "change_usd": latest - first,
           "known_to": None, "known_from": add_months(month, 3), "print_number": 2}  # fmt: skip
    return [{**one, "known_to": one["known_from"], "known_from": add_months(month, 1), "print_number": 1}, one]
