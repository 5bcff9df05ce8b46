"""The door of fetching: which publishers are asked for what a home has made active, and what may not be asked for.

Belongs here: whom to ask. Not here: how that goes (`asking`).
Nothing is asked for that the home has not named: a receipt of a dataset, or `bonded fetch --dataset NAME`, does.
"""

from __future__ import annotations

from collections import defaultdict

from orchestration.base.commands import bonded
from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.landing.asking.answers import Outcome, Way
from orchestration.landing.asking.documents import fetch_documents
from orchestration.landing.asking.trade import fetch_trade
from orchestration.landing.datasets import Dataset, find, load_datasets
from orchestration.landing.due import held_months, queries
from orchestration.landing.store import Landing, LandingState
from orchestration.sources.catalogue import DOCUMENT_WEBS, SOURCES, TRADE

__all__ = ["Outcome", "Way", "active", "fetch"]


def active(state: LandingState, source: str | None = None) -> list[str]:
    """Names of datasets, and of sources of documents, that are active in a home and can be fetched; of one source, if
    it is named.
    """
    of = {name: dataset.source for name, dataset in load_datasets().items() if TRADE[dataset.source].web is not None}
    of |= {name: name for name in DOCUMENT_WEBS}
    return [name for name in state.dataset_names if name in of and source in (None, of[name])]


def fetch(home: Home, name: str | None = None, way: Way | None = None, *, source: str | None = None) -> list[Outcome]:
    """Ask for one dataset (or source of documents), which is active from then on, or for all that are, of one `source`
    if it is named.

    What has arrived is kept, whatever happens to the rest. `RefusalError`, with nothing asked, if it cannot be fetched.
    """
    way, landing = way or Way(), Landing(home)
    if name is not None:
        _refuse_unfetchable(home, landing.state(), name)
        if not (way.dry_run or way.if_reached):
            home.create()
            landing.activate(name)
    names = [name] if name else active(landing.state(), source)
    by_source: dict[str, dict[str, Dataset]] = defaultdict(dict)
    for one in names:
        if one not in DOCUMENT_WEBS:
            dataset = load_datasets()[one]
            by_source[dataset.source][one] = dataset
    found = [outcome for source, of in by_source.items() for outcome in _fetch_trade(home, source, of, way)]
    return [*found, *(fetch_documents(home, one, way) for one in names if one in DOCUMENT_WEBS)]


def _fetch_trade(home: Home, source: str, datasets: dict[str, Dataset], way: Way) -> list[Outcome]:
    """A source that cannot be asked at all does not stop the others."""
    try:
        return fetch_trade(home, TRADE[source], datasets, way)
    except RefusalError as error:
        return [Outcome(name, source, refused=[error]) for name in datasets]


def _refuse_unfetchable(home: Home, state: LandingState, name: str) -> None:
    """Refuse what only people may ask for, with what to download."""
    if name in DOCUMENT_WEBS:
        return
    if name in SOURCES:
        raise RefusalError(
            f"{name} is never asked by a program",
            remedy=f"download a file, then {bonded('receive', '<file>', '--source', name, home=home)}",
        )
    dataset = find(name, "the command")
    source = TRADE[dataset.source]
    if source.web is not None:
        return
    today = source.today()
    held = held_months(state, dataset, today)
    missing = tuple(month for month in dataset.promised(today) if month not in held)
    orders = queries(dataset, missing, f"{home.inbox / name}/")
    order = f"download {orders[0]}; then {bonded('run', home=home)}" if orders else "nothing is due"
    raise RefusalError(f"{dataset.source} is never asked by a program, so {name} is for people to fetch", remedy=order)
