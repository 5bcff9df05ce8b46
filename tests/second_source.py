"""A source that is unlike China's customs wherever sources may differ, for functions that ask the catalogue."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from orchestration.base.months import add_months
from orchestration.sources.catalogue import SOURCES, TRADE
from orchestration.sources.gacc.offer import OFFER as GACC
from orchestration.sources.source import Source


def fortnight_later(month: dt.date) -> dt.date:
    """The 14th of the second month after."""
    return add_months(month, 2).replace(day=14)


OTHER: Source = replace(
    GACC,
    name="other",
    publisher="Two countries' customs",
    reporters=("DEU", "FRA"),
    code_digits=10,
    code_system="other",
    chapters={"85": 2010},
    partner_system="other",
    currencies=("EUR",),
    local_currency="EUR",
    time_zone="America/Los_Angeles",
    first_month=dt.date(2010, 1, 1),
    partner_pattern=r"[A-Z]{2}",
    release_date=fortnight_later,
    bulletin_release_from=None,
    release_cron=None,
    row_limit=None,
)


def offer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put it into the catalogue, for who asks there and for who declares a scope."""
    monkeypatch.setitem(TRADE, OTHER.name, OTHER)
    monkeypatch.setattr("orchestration.landing.scope.SOURCES", (*SOURCES, OTHER.name))
