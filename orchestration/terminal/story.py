"""The course of `bonded story`: ask for what is due, build and publish what has arrived, tell what readers see.

Belongs here: what follows what, and what is told where a publisher cannot be reached. Not here: each step, nor printing
(`story_report`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.base.commands import bonded
from orchestration.base.errors import RefusalError
from orchestration.base.months import spans
from orchestration.base.settings import PROJECT, Home
from orchestration.landing.datasets import load_datasets
from orchestration.landing.due import dataset_status
from orchestration.landing.fetching import Outcome, Way
from orchestration.landing.store import Landing
from orchestration.releases.store import Releases
from orchestration.sources.catalogue import TRADE
from orchestration.stories.declared import Story
from orchestration.stories.told import Told, tell
from orchestration.terminal.fetch_report import fetch_shown
from orchestration.terminal.run import RunSummary, run_home


@dataclass(frozen=True)
class Course:
    """What came of it. `told`: None where no release was made; `summary`: of the run; `refused`: by dataset why
    something is not there; `waiting`: what is still to be asked for, a sentence a dataset.
    """

    home: Home
    told: Told | None
    summary: RunSummary
    fetched: list[Outcome]
    waiting: list[str] = field(default_factory=list)

    @property
    def refused(self) -> list[tuple[str, RefusalError]]:
        return [(outcome.name, error) for outcome in self.fetched for error in outcome.refused]

    @property
    def ok(self) -> bool:
        """Whether all that is due has arrived and is published, and the sentence can be told."""
        return not self.refused and self.summary.ok and self.told is not None and self.told.sentence is not None


def home_of(name: str, home: Path | None) -> Home:
    """The home that was named, else that of the environment, else the story's own."""
    if home or not os.environ.get("BONDED_HOME"):
        return Home((home or PROJECT / "data" / name).absolute())
    return Home.default()


def follow(home: Home, name: str, story: Story) -> Course:
    """Fetch, run, tell. `RefusalError`, with nothing done, where a publisher of what is new here cannot be reached."""
    again = bonded("story", name, home=home)
    known = Landing(home).state().dataset_names
    ways = {dataset: Way(if_reached=dataset not in known) for dataset in story.datasets}
    fetched = [outcome for dataset, way in ways.items() for outcome in fetch_shown(home, dataset, way)]
    if not any(outcome.received for outcome in fetched):
        _refuse_out_of_reach(home, fetched, again)
    refused = [error for outcome in fetched for error in outcome.refused]
    if not Landing(home).state().active:
        what = refused[0].told if refused else f"nothing is out of what {', '.join(story.datasets)} promises"
        raise RefusalError(f"{what}; there is nothing to tell yet", remedy=refused[0].remedy if refused else again)
    summary = run_home(home, [])
    told = tell(home, story) if Releases(home).current_id() else None
    return Course(home, told, summary, fetched, _waiting(home, story) if refused else [])


def _refuse_out_of_reach(home: Home, fetched: list[Outcome], again: str) -> None:
    """Refuse where a publisher of what is new here has not said what is out: with what it would be asked."""
    known = Landing(home).state().dataset_names
    for outcome in (outcome for outcome in fetched if outcome.refused and outcome.name not in known):
        why = outcome.refused[0]
        if not outcome.by_calendar:
            raise why
        promised = load_datasets()[outcome.name]
        months = spans(promised.promised(TRADE[promised.source].today()))
        count = len(outcome.questions)
        asked = f"{count:,} question{'' if count == 1 else 's'} for {outcome.name} ({months})"
        raise RefusalError(f"{why.told}; nothing has been done, {asked} would be asked", remedy=again)


def _waiting(home: Home, story: Story) -> list[str]:
    """What would be asked, where something was refused: by dataset the months that are not there."""
    return [
        f"{status.name}: {spans([*status.due, *status.not_out])} would be asked for"
        for status in dataset_status(home, Landing(home).state())
        if status.name in story.datasets and (status.due or status.not_out)
    ]
