"""A home in one report: datasets held and due, last release, last failure and why; and its releases, listed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from orchestration.base.commands import bonded
from orchestration.base.errors import RefusalError
from orchestration.base.months import spans
from orchestration.base.settings import Home
from orchestration.landing.due import DatasetStatus, dataset_status
from orchestration.landing.store import Landing
from orchestration.releases.corrections.watch import unknown_to, watch_list
from orchestration.releases.manifest import verdict
from orchestration.releases.store import Releases
from orchestration.sources.catalogue import TRADE
from orchestration.terminal.source_status import SourceLine, source_lines


@dataclass(frozen=True)
class DatasetLine:
    """One dataset: `held`, `due` and `not_out` as spans of months; the day since which the first that is due is out.

    `fetch`: the command that asks its source for what is due; None where people have to download it.
    """

    dataset: str
    source: str
    state: str
    held: str
    due: str
    out_since: str
    queries: list[str]
    not_out: str = ""
    fetch: str | None = None


@dataclass(frozen=True)
class HomeStatus:
    """What a home holds. `last_failure`: the candidate or else the run that failed since a release was made or a run
    ended well, and why; `held_back`: a sentence for each source whose figures stay as they were; `damaged`: one for
    what readers cannot see as published; `watched`: the series of `watch.yml`, or why it cannot be read.
    """

    home: str
    receipts: int
    code_lists: int
    documents: int
    withdrawn: int
    datasets: list[DatasetLine]
    last_release: str | None
    last_failure: dict[str, str] | None
    held_back: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    is_synthetic: bool = False
    sources: list[SourceLine] = field(default_factory=list)
    watched: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def home_status(home: Home) -> HomeStatus:
    """The report, as of today where each dataset's source is."""
    state, releases = Landing(home).state(), Releases(home)
    current = releases.current_id()
    return HomeStatus(
        home=str(home.root),
        receipts=len(state.active),
        code_lists=len(state.code_lists),
        documents=len(state.documents),
        withdrawn=len(state.withdrawals),
        datasets=[_dataset(home, s) for s in dataset_status(home, state)],
        last_release=current,
        last_failure=_last_failure(home, current),
        held_back=said.told if (said := releases.known(current)) else [],
        damaged=_damaged(releases, current),
        is_synthetic=state.is_synthetic,
        sources=source_lines(home, state),
        watched=_watched(home, releases, current),
    )


def _watched(home: Home, releases: Releases, current: str | None) -> list[str]:
    """The series that the home watches, and which of them readers do not see; or why the list cannot be read."""
    try:
        watched = watch_list(home)
        missing = unknown_to(releases.opened(current)[0], watched) if current and watched else []
    except RefusalError as error:
        return [str(error)]
    return [f"{one}{' (no such series in the last release)' if one in missing else ''}" for one in watched]


def _damaged(releases: Releases, current: str | None) -> list[str]:
    try:
        if current:
            releases.opened(current)
    except RefusalError as error:
        return [f"{error.what}; {error.remedy}"]
    return [f"{text}; bonded run publishes anew" for text in releases.unreadable()]


def _dataset(home: Home, status: DatasetStatus) -> DatasetLine:
    is_fetched = TRADE[status.dataset.source].web is not None
    return DatasetLine(
        dataset=status.name,
        source=status.dataset.source,
        state="active" if status.active else "offer",
        held=spans(status.held),
        due=spans(status.due),
        out_since=str(status.out_since or ""),
        queries=[str(query) for query in status.queries],
        not_out=spans(status.not_out),
        fetch=bonded("fetch", "--dataset", status.name, home=home) if status.due and is_fetched else None,
    )


def _last_failure(home: Home, current: str | None) -> dict[str, str] | None:
    # Dagster takes a second to import.
    from orchestration.automation.failed import last_failed

    for folder in sorted(home.candidates.glob("[0-9]*"), reverse=True):
        if current is not None and folder.name < current:
            break
        audit = verdict(folder)
        if audit is not None and not audit.passed:
            first = {**audit.findings[0]} if audit.findings else {}
            first["month"] = (first.get("month") or "")[:7]
            keys = ("gate", "dataset", "month", "scope", "difference", "reason")
            return {"candidate": folder.name, "why": ", ".join(f"{k} {first[k]}" for k in keys if first.get(k))}
    return last_failed(home)


def release_row(store: Releases, release_id: str) -> dict[str, Any]:
    """What the list says of a release; of one whose `release.json` nobody can read, that it is damaged."""
    said, damaged = store.known(release_id), None
    try:
        store.opened(release_id)
    except RefusalError as error:
        damaged = error.what
    return {
        "release_id": release_id,
        "current": release_id == store.current_id(),
        "pinned": release_id in store.pins(),
        "made_at": said and said.made_at.isoformat(timespec="seconds"),
        "receipts": said and len(said.receipts),
        "withdrawn": said and len(said.withdrawals),
        "synthetic": said and said.is_synthetic,
        "warned": said.audit.counts["warned"] if said and said.audit else None,
        "damaged": damaged,
    }
