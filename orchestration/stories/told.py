"""A story told from a release: its sentence, what each figure rests on, how complete it is, and its claims.

Belongs here: what is told. Not here: whether there is anything new to tell (`terminal.story`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from orchestration.base.duck import reading
from orchestration.base.months import format_month, spans
from orchestration.base.settings import Home
from orchestration.landing.due import dataset_status
from orchestration.landing.store import Landing
from orchestration.releases.database import DATABASE
from orchestration.releases.manifest import Manifest
from orchestration.releases.store import Releases
from orchestration.releases.terms import terms
from orchestration.stories.declared import Story, blanks_of
from orchestration.stories.figures import Figure, Figures

CLAIMS = (
    "select claim_id, text, published_on, verdict_then, detail_then, verdict_now, detail_now from mart_claim "
    "where list_contains($names, claim_id) order by list_position($names, claim_id)"
)


@dataclass(frozen=True)
class Held:
    """A dataset in a release. `missing`: months that are promised, out as far as is known, and not there; `not_out`:
    promised ones that the publisher said are not out.
    """

    dataset: str
    months: int
    held: str
    missing: str
    not_out: str

    @property
    def told(self) -> str:
        """In a sentence: whether it is complete."""
        if not self.months:
            return f"{self.dataset}: nothing is held"
        count = f"{self.months} month{'' if self.months == 1 else 's'} held, {self.held}"
        whole = f"INCOMPLETE: {count}; missing: {self.missing}" if self.missing else f"complete: {count}"
        return f"{self.dataset}: {whole}" + (f"; not out yet: {self.not_out}" if self.not_out else "")


@dataclass(frozen=True)
class Told:
    """A story in a release. `sentence`: None where what its first clause asks for is not known; `month`: the latest
    that is known; `unknown`: blanks without a figure.
    """

    title: str
    sentence: str | None
    month: str | None
    release_id: str
    made_at: dt.datetime
    is_synthetic: bool
    figures: tuple[Figure, ...]
    unknown: tuple[str, ...]
    datasets: tuple[Held, ...]
    claims: tuple[dict[str, Any], ...]
    terms: tuple[str, ...]
    events: tuple[dict[str, Any], ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def tell(home: Home, story: Story) -> Told:
    """The story as the current release has it; `RefusalError` if there is none."""
    folder, said = Releases(home).opened(None)
    with reading(folder / DATABASE) as con:
        asked = Figures(con, said, story)
        latest = asked.latest()
        figures = asked.filled(latest)
        found = con.execute(CLAIMS, {"names": list(story.claims)})
        names, rows = [column[0] for column in found.description or ()], found.fetchall()
    return Told(
        title=story.title,
        sentence=sentence(story, figures),
        month=format_month(latest) if latest else None,
        release_id=said.release_id,
        made_at=said.made_at,
        is_synthetic=said.is_synthetic,
        figures=tuple(figures.values()),
        unknown=tuple(name for name in story.blanks if name not in figures or figures[name].shown is None),
        datasets=tuple(_held(home, story, said)),
        claims=tuple(dict(zip(names, row, strict=True)) for row in rows),
        terms=tuple(f"{of.attribution}. {of.terms}" for name, of in terms(said).items() if name == story.scope.source),
        events=tuple(event.model_dump() for event in story.events),
    )


def sentence(story: Story, figures: Mapping[str, Figure]) -> str | None:
    """The clauses whose blanks are all known, in a newspaper's words; None without the first."""
    shown = {name: figure.shown for name, figure in figures.items() if figure.shown is not None}
    text, is_main_told = "", False
    for n, clause in enumerate(story.sentence):
        is_known, goes_on = all(name in shown for name in blanks_of(clause)), clause.startswith(",")
        if n == 0 and not is_known:
            return None
        if not goes_on:
            is_main_told = is_known
        if is_known and is_main_told:
            text += ("" if goes_on or n == 0 else "; ") + clause.format_map(shown)
    return f"{text}."


def _held(home: Home, story: Story, said: Manifest) -> list[Held]:
    known = dataset_status(home, said.state(Landing(home).state()))
    by_name = {status.name: status for status in known}
    return [
        Held(
            dataset=name,
            months=len(by_name[name].held),
            held=spans(by_name[name].held),
            missing=spans(by_name[name].due),
            not_out=spans(by_name[name].not_out),
        )
        for name in story.datasets
    ]
