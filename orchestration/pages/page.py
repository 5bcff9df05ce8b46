"""The page of a release: drawn from a candidate before its audit, read in it, and signed with its verdict afterwards.

Belongs here: what is put together, in which order. Not here: what each part says (`sections`, `overview`), nor how it
looks (`index.html.j2`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa
from markupsafe import Markup

from orchestration.base.duck import reading
from orchestration.base.errors import RefusalError
from orchestration.base.months import spans
from orchestration.base.settings import Home
from orchestration.gates.audit import Report
from orchestration.landing.due import dataset_status
from orchestration.landing.store import Landing
from orchestration.pages import asked, look_up, overview, partners, periods, read, sections
from orchestration.pages.advice import advice
from orchestration.pages.drawing import month_words
from orchestration.pages.files import Stamp, write
from orchestration.pages.layout import template
from orchestration.pages.pictures import MOST, pictures
from orchestration.pages.series import Library, Series
from orchestration.pages.where import located
from orchestration.releases.database import DATABASE
from orchestration.releases.manifest import Manifest, read_manifest
from orchestration.releases.showing import INDEX
from orchestration.releases.store import Releases
from orchestration.releases.summary import what_is_new
from orchestration.releases.terms import may_leave
from orchestration.sources.catalogue import TRADE
from orchestration.sources.source import MADE_UP
from orchestration.stories.declared import Story, load_story, names
from orchestration.stories.figures import Figures

NEW_YEARS = "select month, lunar_new_year from dim_month where lunar_new_year is not null"


def draw(home: Home, folder: Path) -> None:
    """Write `index.html` and `series/` of a candidate, from its own file."""
    said = read_manifest(folder)
    stamp = Stamp(said.release_id, f"{said.made_at:%Y-%m-%d}", said.is_synthetic, overview.attributions(said))
    with reading(folder / DATABASE) as con:
        library = Library(con, overview.streams(con, said))
        new_years = dict(con.execute(NEW_YEARS).fetchall())
        stories: list[sections.StoryView] = []
        for name in names():
            told = located(con, load_story(name))
            room = MOST - sum(len(view.pictures) for view in stories)
            if told and (view := _story(home, library, said, stamp, name, told, new_years, room)):
                stories.append(view)
        text = template().render(
            said=said,
            stamp=stamp,
            badge=Markup(overview.BADGE),
            verdict=Markup(overview.VERDICT),
            changed=overview.changed(library, folder, said, what_is_new(Releases(home), said)),
            stories=stories,
            latest=overview.latest(library, said),
            newest=[] if stories else overview.newest(library),
            terms=overview.terms_told(said),
            held_back=said.told,
        )
    (folder / INDEX).write_text(text, encoding="utf-8")
    for view in stories:
        write(folder / read.FOLDER / view.name, view.pictures, stamp, view.title)


def figures(con: duckdb.DuckDBPyConnection, folder: Path) -> pa.Table:
    """What the page says and what a gate's connection has, figure by figure (`look_up.SCHEMA`)."""
    return look_up.compared(con, map(partial(_vouched, frozenset(overview.sentences(folder))), read.figures(folder)))


def _vouched(sentences: frozenset[str], of: read.Read) -> read.Read:
    """A sentence on what is corrected is one that the release says."""
    if of.part != read.SENTENCE:
        return of
    return replace(of, wanted=of.said if of.said in sentences else "no sentence of this release")


def sign(folder: Path, report: Report) -> None:
    """Write the verdict where the page waits for it; `RefusalError` where it does not."""
    page = folder / INDEX
    text = page.read_text(encoding="utf-8")
    for place, words in ((overview.BADGE, overview.badge(report)), (overview.VERDICT, overview.verdict(report))):
        if text.count(place) != 1:
            raise RefusalError(
                f"{page.name} of candidate {folder.name} is not what was drawn", remedy="bonded run again"
            )
        text = text.replace(place, str(words))
    page.write_text(text, encoding="utf-8")


def _story(
    home: Home,
    library: Library,
    said: Manifest,
    stamp: Stamp,
    name: str,
    story: Story,
    new_years: dict[dt.date, dt.date],
    room: int,
) -> sections.StoryView | None:
    """None where nothing of it can be drawn or told."""
    drawn = tuple(pictures(library, story, new_years)[:room])
    if not drawn:
        return None
    of = Figures(library.con, said, story, addressed=False)
    month = of.latest() if story.blanks else None
    filled = of.filled(month) if month else {}
    told = sections.told_sentence(story, filled)
    lead = drawn[0].series
    shown = month or lead.last or lead.stream.last
    distinct = list(dict.fromkeys(_id(picture.series) for picture in drawn))
    by_id = {_id(picture.series): picture.series for picture in drawn}
    found = [by_id[of] for of in distinct]
    held = _held(home, said, story.scope.source)
    tables = (
        sections.beside(found, shown),
        asked.neighbours(library, lead, shown),
        partners.partners(library, lead, shown),
        asked.gained(library, lead),
        partners.blocs(library, lead, shown),
        asked.lines(library, lead, shown) if story.scope.source in may_leave(said) else None,
        asked.unusual(library, found, shown),
        periods.years(lead),
        periods.quarters(library, lead),
        sections.revisions(found),
        sections.claims(library, story, lead, said.is_synthetic),
        sections.coverage(found),
    )
    return sections.StoryView(
        name=name,
        title=story.title,
        source=MADE_UP if said.is_synthetic else TRADE[story.scope.source].publisher,
        sentence=told,
        month=month_words(shown),
        advice=advice(lead, month, told, said.is_synthetic, said.held_back, [text for text, gap in held if gap]),
        lead=drawn[0],
        pictures=drawn,
        events=drawn[0].events,
        glance=tuple(sections.glance(library, lead, shown)),
        tables=tuple(table for table in tables if table),
        held=tuple(text for text, _ in held),
        citation=stamp.cite(lead, shown),
    )


def _id(series: Series) -> tuple[str, str, str]:
    return series.partner, series.scheme, series.category


def _held(home: Home, said: Manifest, source: str) -> list[tuple[str, bool]]:
    """What a source's datasets hold, in sentences, and whether something is missing."""
    found = []
    for of in dataset_status(home, said.state(Landing(home).state())):
        if of.active and of.dataset.source == source:
            gap = f"; missing: {spans(of.due)}" if of.due else ""
            found.append((f"{of.dataset.title}: {spans(of.held) or 'nothing'} held{gap}.", bool(of.due)))
    return found
