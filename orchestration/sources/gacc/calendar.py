"""Which months of China's customs data are due when: pure functions on dates.

Belongs here: the publisher's calendar. Not here: what a home holds (`landing`) or promises (`datasets`).
Rules: since 2020 nothing is released in February, and January and February come out together in March;
until 2019 January came alone. The detail query is updated on the 20th of the following month, bulletins come out from
the 18th on.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from orchestration.base.months import add_months

BEIJING = ZoneInfo("Asia/Shanghai")
FIRST_MONTH = dt.date(2015, 1, 1)
DETAIL_DAY = 20
BULLETIN_DAY = 18
COMBINED_SINCE = 2020

#: Detail months that came out on another day than the rule says (the suspension of April to mid 2018
#: and the release of October 2022 that came out late).
EXCEPTIONS: dict[dt.date, dt.date] = {
    dt.date(2018, 3, 1): dt.date(2018, 7, 20),
    dt.date(2018, 4, 1): dt.date(2018, 7, 20),
    dt.date(2018, 5, 1): dt.date(2018, 7, 20),
    dt.date(2022, 9, 1): dt.date(2022, 10, 24),
}
#: Nothing of September 2022 came out before that day, no bulletin either.
BULLETIN_EXCEPTIONS: dict[dt.date, dt.date] = {dt.date(2022, 9, 1): dt.date(2022, 10, 24)}


def is_combined_release(month: dt.date) -> bool:
    """Whether the month is a January or February that comes out together with the other."""
    return month.year >= COMBINED_SINCE and month.month <= 2


def detail_release_date(month: dt.date) -> dt.date:
    """The day (Beijing) on which the detail query shows the month for the first time."""
    return EXCEPTIONS.get(month) or _release_month(month).replace(day=DETAIL_DAY)


def bulletin_release_from(month: dt.date) -> dt.date:
    """The day (Beijing) from which on the month's bulletin may come out; how many days later it does, no rule says."""
    return BULLETIN_EXCEPTIONS.get(month) or _release_month(month).replace(day=BULLETIN_DAY)


def _release_month(month: dt.date) -> dt.date:
    return add_months(month, 2 if is_combined_release(month) and month.month == 1 else 1)
