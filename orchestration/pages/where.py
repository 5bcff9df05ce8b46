"""Where a release has a story's series: from which source, and under which codes of partners.

Belongs here: a story put into the words of the source that a release has. Not here: figures (`stories.figures`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

import duckdb

from orchestration.base.seeds import read_seed
from orchestration.sources.catalogue import TRADE
from orchestration.stories.declared import Blank, Picture, Story, Subject
from orchestration.stories.measures import SERIES

HAS = """
select 1 from {table} where source = ? and reporter = ? and flow = ? and partner_code = ? and category_scheme = ?
  and category_code = ? limit 1"""


def located(con: duckdb.DuckDBPyConnection, story: Story) -> Story | None:
    """The story with source and partner codes of the source in which the release has most of its series; None where it
    has none of them. Of two that have as many the customs' own comes first, whose lines are finer.
    """
    held = [name for (name,) in con.execute("select source from dim_source").fetchall() if name in TRADE]
    told = [found for name in sorted(held, key=_order) if (found := _told_by(con, story, name)) is not None]
    return max(told, key=lambda found: found[0])[1] if told else None


def _order(source: str) -> tuple[bool, str]:
    return len(TRADE[source].reporters) > 1, source


def _told_by(con: duckdb.DuckDBPyConnection, story: Story, source: str) -> tuple[int, Story] | None:
    """How many of its series a source has, and the story as that tells it."""
    scope = story.scope
    if scope.reporting not in TRADE[source].reporters:
        return None
    parts: list[Subject] = [*story.blanks.values(), *story.pictures]
    subjects = {story.subject(part) for part in parts}
    codes: dict[str, str] = {}
    of = (source, scope.reporting, scope.flow)
    n_found = 0
    for partner, scheme, category in sorted(subjects):
        for code in [codes[partner]] if partner in codes else _codes(scope.source, partner, source):
            table = SERIES[code != "all"]
            if con.execute(HAS.format(table=table), [*of, code, scheme, category]).fetchone():
                codes[partner] = code
                n_found += 1
                break
    return (n_found, _renamed(story, source, codes)) if n_found else None


def _codes(system_of: str, partner: str, source: str) -> list[str]:
    """The codes by which another source may know a partner."""
    there = TRADE[source].partner_system
    if partner == "all" or TRADE[system_of].partner_system == there:
        return [partner]
    country = _countries().get((TRADE[system_of].partner_system, partner))
    return [code for (system, code), iso3 in _countries().items() if system == there and iso3 == country and country]


@cache
def _countries() -> dict[tuple[str, str], str]:
    return {(row["partner_system"], row["partner_code"]): row["iso3"] for row in read_seed("partners")}


def _renamed(story: Story, source: str, codes: Mapping[str, str]) -> Story:
    """Blanks and pictures that a source has not are left out, and with them the clauses that ask for them. So are
    counts of tariff lines in a source with codes of another length than those in whose words the story counts.
    """
    scope = story.scope
    is_finer = TRADE[source].code_digits != TRADE[scope.source].code_digits

    def there(part: Subject) -> str | None:
        return codes.get(story.subject(part)[0])

    blanks: dict[str, Blank] = {
        name: blank.model_copy(update={"partner": there(blank)})
        for name, blank in story.blanks.items()
        if there(blank) and not (is_finer and blank.measure == "n_lines")
    }
    pictures: Iterable[Picture] = (
        picture.model_copy(update={"partner": there(picture)}) for picture in story.pictures if there(picture)
    )
    partner = codes.get(scope.partner) if scope.partner else None
    reporter = scope.reporting if len(TRADE[source].reporters) > 1 else None
    return story.model_copy(
        update={
            "scope": scope.model_copy(update={"source": source, "reporter": reporter, "partner": partner}),
            "blanks": blanks,
            "pictures": tuple(pictures),
        }
    )
