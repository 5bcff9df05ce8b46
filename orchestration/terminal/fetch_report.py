"""`bonded fetch` for a person and for a program: how far it is, and what it came to.

Belongs here: what is told of a fetch. Not here: its course (`landing.fetching`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from orchestration.base.commands import bonded
from orchestration.base.months import spans
from orchestration.base.plain import printable
from orchestration.base.settings import Home
from orchestration.landing.datasets import load_datasets
from orchestration.landing.fetching import Outcome, Way, fetch
from orchestration.landing.store import Landing
from orchestration.sources.catalogue import DOCUMENT_WEBS, TRADE
from orchestration.terminal import output


def fetch_shown(home: Home, name: str | None, way: Way) -> list[Outcome]:
    """Fetch, with a bar while it goes on where somebody looks at a terminal."""
    with _bar() as shown:
        return fetch(home, name, replace(way, told=output.note, progress=shown))


@contextmanager
def _bar() -> Iterator[Any]:
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)
        yield lambda text, done, of: progress.update(task, description=printable(text), completed=done, total=of)


def as_dict(outcome: Outcome, *, dry_run: bool) -> dict[str, Any]:
    """For JSON."""
    return {
        "dataset": outcome.name,
        "source": outcome.source,
        "asked": not dry_run,
        "questions": outcome.questions,
        "by_calendar": outcome.by_calendar,
        "received": outcome.received,
        "unchanged": outcome.unchanged,
        "left": outcome.left,
        "not_out": spans(outcome.not_out),
        "refused": [{"error": error.told, "remedy": error.remedy} for error in outcome.refused],
    }


def show(home: Home, outcomes: list[Outcome], *, dry_run: bool) -> None:
    """Print it: a line for each dataset, the questions of a dry run, and what to type next."""
    if not outcomes:
        offers = [name for name, dataset in load_datasets().items() if TRADE[dataset.source].web is not None]
        line = "nothing to ask for: no dataset that can be fetched is active in this home"
        named = ", ".join([*offers, *DOCUMENT_WEBS])
        output.line(f"{line}; {bonded('fetch', '--dataset', '<name>', home=home)} makes one so ({named or 'none'})")
    for outcome in outcomes:
        output.line(_told(outcome, dry_run=dry_run))
        for question in outcome.questions if dry_run else ():
            output.line(f"  {question}")
    if any(outcome.received for outcome in outcomes):
        output.line(f"to build and publish: {bonded('run', home=home)}")
    if Landing(home).state().is_synthetic:
        output.note("SYNTHETIC DATA: what this home holds is made up.")


def _told(outcome: Outcome, *, dry_run: bool) -> str:
    name = outcome.name if outcome.name == outcome.source else f"{outcome.name} ({outcome.source})"
    count = len(outcome.questions)
    asked = f"{count:,} question{'' if count == 1 else 's'}"
    parts = [f"would ask {asked}" if dry_run else f"asked {asked}"]
    if dry_run:
        parts.append(
            "what is out is not known, so this goes by the calendar" if outcome.by_calendar
            else "only what is out has been asked, and nothing has been changed"
        )  # fmt: skip
    elif count:
        parts.append(f"received {', '.join(outcome.received) or 'nothing new'}")
    if outcome.unchanged:
        parts.append(f"{outcome.unchanged:,} unchanged")
    if outcome.left:
        parts.append(f"{outcome.left:,} left that could not be read (--again asks)")
    if outcome.not_out:
        parts.append(f"not out yet: {spans(outcome.not_out)}")
    return f"{name}: {'; '.join(parts)}"
