"""The sources of a home in a line each: who asks them, how far their figures go, what comes next, and what is lacking.

Belongs here: what is told of a source. Not here: its datasets (`status`).
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.base.errors import RefusalError
from orchestration.base.months import add_months, format_month, months_between
from orchestration.base.settings import Home, source_settings
from orchestration.landing.asking.said_out import SaidOut
from orchestration.landing.datasets import load_datasets
from orchestration.landing.store import LandingState
from orchestration.sources.catalogue import DOCUMENT_WEBS, TRADE
from orchestration.sources.web import DocumentWeb, TradeWeb


@dataclass(frozen=True)
class SourceLine:
    """One source. `way`: a program, or people; `latest`: the last month that is held, `lag`: how many months ago that
    is; `next_out`: when the month behind it comes out by the calendar, None where that is for its reporter to decide;
    `asked_at`: when it was last asked what is out; `key`: whether one is set, or what is lacking without it.
    """

    source: str
    way: str
    latest: str | None
    lag: int | None
    next_out: str | None
    asked_at: str | None
    key: str | None


def source_lines(home: Home, state: LandingState) -> list[SourceLine]:
    """Sources of which something is held or promised, and of documents that are fetched."""
    datasets = load_datasets()
    promised = {datasets[name].source for name in state.dataset_names if name in datasets}
    trade = sorted(promised | {receipt.source for receipt in state.active})
    pages = [name for name in state.dataset_names if name in DOCUMENT_WEBS]
    return [*(_trade(home, state, name) for name in trade), *(_pages(state, name) for name in pages)]


def _trade(home: Home, state: LandingState, name: str) -> SourceLine:
    source = TRADE[name]
    held = [r.scope.months[1] for r in state.active if r.source == name and r.scope.feeds != "check"]
    latest, this = max(held, default=None), source.today().replace(day=1)
    behind = months_between(latest, this) if latest else None
    next_out = source.release_date(add_months(latest, 1) if latest else source.first_month)
    is_promised = not source.says_what_is_out or next_out > source.today()
    asked_at = SaidOut.read(home, name).asked_at if source.web else None
    return SourceLine(
        source=name,
        way="a program" if source.web else "people",
        latest=format_month(latest) if latest else None,
        lag=behind,
        next_out=str(next_out) if is_promised else None,
        asked_at=f"{asked_at:%Y-%m-%d %H:%M} UTC" if asked_at else None,
        key=_key(name, source.web) if source.web else None,
    )


def _pages(state: LandingState, name: str) -> SourceLine:
    """A source of documents comes out when it does: nobody promises a day."""
    mine = state.pages(name).values()
    latest = max((page.month for page in mine), default=None)
    asked_at = max((page.fetched.fetched_at for page in mine if page.fetched), default=None)
    return SourceLine(
        source=name,
        way="a program",
        latest=format_month(latest) if latest else None,
        lag=None,
        next_out=None,
        asked_at=f"{asked_at:%Y-%m-%d %H:%M} UTC" if asked_at else None,
        key=_key(name, DOCUMENT_WEBS[name]),
    )


def _key(name: str, web: TradeWeb | DocumentWeb) -> str | None:
    """Whether there is a key, never what it is."""
    if web.key_header is None:
        return None
    try:
        if source_settings(name).key:
            return "set"
    except RefusalError as error:
        return error.what
    return f"BONDED_{name.upper()}_KEY is not set: {getattr(web, 'key_missing', 'it answers nobody without one')}"
