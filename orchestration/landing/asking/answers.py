"""What trade and documents share when they are fetched: how it goes, what it comes to, an answer as a file to receive.

Belongs here: the two ends of a fetch. Not here: its course (`trade`, `documents`).
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.base.commands import bonded
from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.landing.asking.asker import Asker, Sleep
from orchestration.landing.asking.said_out import Told, answers_folder
from orchestration.landing.names import derived
from orchestration.landing.records import Fetched, is_made_up
from orchestration.landing.state import LandingState
from orchestration.sources.web import Answer

#: What is being asked, which of how many.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Way:
    """How a fetch goes. `months`: only these; `again`: also what is there; `dry_run`: only what is out is asked;
    `if_reached`: a dataset that is named becomes active only once its publisher has said what is out.

    `sleep`: how it waits; `told`: who hears of it; `progress`: who sees how far it is.
    """

    months: tuple[dt.date, dt.date] | None = None
    again: bool = False
    dry_run: bool = False
    if_reached: bool = False
    sleep: Sleep = time.sleep
    told: Told = lambda _: None
    progress: Progress = lambda *_: None


@dataclass
class Outcome:
    """What fetching came to for a dataset, or a source of documents.

    `questions`: those that were put, or would be; `received`: receipts; `unchanged`: answers that said nothing new;
    `not_out`: promised months that the publisher says are not out; `refused`: why something is not there.
    `left`: questions that are not put again, since what they were answered could not be read;
    `by_calendar`: the publisher could not be asked what is out, and what would be asked is told by its calendar.
    """

    name: str
    source: str
    questions: list[str] = field(default_factory=list)
    received: list[str] = field(default_factory=list)
    unchanged: int = 0
    not_out: tuple[dt.date, ...] = ()
    refused: list[RefusalError] = field(default_factory=list)
    left: int = 0
    by_calendar: bool = False


def refuse_other_kind(state: LandingState, asker: Asker, name: str) -> None:
    """Refuse to ask for what the home could not hold: answers from elsewhere are synthetic (docs/rules.md, rule 7)."""
    made_up = is_made_up(asker.source, None) or not asker.is_own
    if state.first is not None and state.is_synthetic != made_up:
        kind, other = ("synthetic", "real") if state.is_synthetic else ("real", "synthetic")
        raise RefusalError(
            f"this home holds {kind} receipts; answers from {asker.address} are {other}, and never share it",
            remedy=bonded("fetch", "--dataset", name, "--home", "<another folder>", home=None),
        )


def marks_by(fetched: Fetched | None) -> tuple[str | None, str | None]:
    """ETag and Last-Modified of an earlier answer, for the publisher to say that nothing has changed since."""
    return (fetched.etag, fetched.last_modified) if fetched else (None, None)


def fetched_as(request: str, answer: Answer, asker: Asker, marks: dict[str, str] | None = None) -> Fetched:
    """What the receipt says of how its answer came."""
    return Fetched(
        request=request,
        address=answer.address,
        status=answer.status,
        etag=answer.etag,
        last_modified=answer.last_modified,
        fetched_at=answer.fetched_at,
        is_own=asker.is_own,
        marks=marks or {},
    )


def written(home: Home, source: str, name: str, content: bytes) -> Path:
    """An answer as a file that can be received, as long as its source is asked."""
    folder = answers_folder(home, source)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / derived(name.replace("/", "-"), "")
    file.write_bytes(content)
    return file
