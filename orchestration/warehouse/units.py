"""The units that are built anew: a month of a stream, by what it is made of; a quiet stream has none that is stale.

Belongs here: which months of which streams differ. Not here: which models are made of them (`nodes`, `plan`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

from orchestration.base.months import month_range
from orchestration.landing.datasets import load_datasets
from orchestration.landing.scope import Scope
from orchestration.landing.store import LandingState
from orchestration.sources.catalogue import CODE_LISTS, TRADE
from orchestration.warehouse.dbt import Months

#: By stream (`source reporter flow`) and month what it is made of.
Units = dict[str, dict[dt.date, str]]
#: What a month is made of that no receipt covers.
NOTHING = "-"
Key = TypeVar("Key", bound=Hashable)


def stream_of(scope: Scope) -> str:
    """The stream of a scope."""
    return f"{scope.source} {scope.reporter} {scope.flow}"


def unlike(now: Mapping[Key, str], held: Mapping[Key, str]) -> set[Key]:
    """Months, or categories, of which the two do not say the same."""
    return {key for key in now.keys() | held.keys() if now.get(key) != held.get(key)}


def stale_months(now: Units, held: Units) -> dict[str, list[dt.date]]:
    """By stream the months of which the two do not say the same, in order; no stream without any."""
    found = {stream: sorted(unlike(now.get(stream, {}), held.get(stream, {}))) for stream in now.keys() | held.keys()}
    return {stream: months for stream, months in sorted(found.items()) if months}


def only_adding(stale: Months, held: Units) -> bool:
    """Whether each stream's stale months lie behind what is there of it; months of nothing may lie behind them."""
    last = {
        stream: max((m for m, of in there.items() if of != NOTHING), default=dt.date.min)
        for stream, there in held.items()
    }
    return all(months[0] > last.get(stream, dt.date.min) for stream, months in stale.items())


def together(several: Iterable[Months]) -> dict[str, list[dt.date]]:
    """By stream the months that any of them has, in order."""
    found: dict[str, set[dt.date]] = defaultdict(set)
    for months in several:
        for stream, of in months.items():
            found[stream].update(of)
    return {stream: sorted(of) for stream, of in sorted(found.items()) if of}


def struck_out(held: Units, months: Months) -> Units:
    """What is held, but nothing of some months: they count as made of nothing that is known."""
    return {stream: held.get(stream, {}) | dict.fromkeys(months.get(stream, ()), "") for stream in {*held, *months}}


def month_fingerprints(state: LandingState) -> Units:
    """By stream and covered month the receipts that cover it, in order of precedence, and versions of their parsers.

    Lists of partners, regimes and provinces decide which rows are held back, so they belong to every month; lists of
    commodities only describe.
    """
    rank = state.precedence()
    lists = [r.receipt_id for r in state.code_lists if r.list != "hs8"]
    versions = [CODE_LISTS.PARSER_VERSION, *lists] if lists else []
    found: dict[str, dict[dt.date, list[str]]] = defaultdict(lambda: defaultdict(list))
    for receipt in sorted(state.active, key=lambda r: rank[r.receipt_id]):
        for month in receipt.scope.month_list:
            said = f"{receipt.receipt_id}:{TRADE[receipt.scope.source].parser_version}"
            found[stream_of(receipt.scope)][month].append(said)
    return {
        stream: {month: _digest(" ".join([*versions, *ids])) for month, ids in sorted(of.items())}
        for stream, of in sorted(found.items())
    }


def shown_fingerprints(state: LandingState, months: Units) -> Units:
    """By stream and month what marts show of it: its receipts; all months that the stream spans, covered or not."""
    return {
        stream: {month: months.get(stream, {}).get(month, NOTHING) for month in month_range(*ends)}
        for stream, ends in spans(state).items()
    }


def spans(state: LandingState) -> dict[str, tuple[dt.date, dt.date]]:
    """By stream the first and last month that is held, or that an active dataset promises and that is out today."""
    ends: dict[str, list[dt.date]] = defaultdict(list)
    for receipt in state.active:
        ends[stream_of(receipt.scope)] += receipt.scope.months
    for name, dataset in load_datasets().items():
        promised = dataset.promised(TRADE[dataset.source].today()) if name in state.dataset_names else []
        if promised:
            ends[f"{dataset.source} {dataset.reported_by} {dataset.flow}"] += (promised[0], promised[-1])
    return {stream: (min(of), max(of)) for stream, of in sorted(ends.items())}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
