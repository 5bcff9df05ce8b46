"""What day it is: the one place that asks the clock for a date, so that a test that pins `now` pins every day.

Belongs here: the day in a time zone. Not here: whose time zone counts, which a source declares.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo


def now() -> dt.datetime:
    """This moment, in UTC."""
    return dt.datetime.now(dt.UTC)


def today_in(time_zone: str = "UTC") -> dt.date:
    """Today's date in a time zone, by its IANA name."""
    return now().astimezone(ZoneInfo(time_zone)).date()
