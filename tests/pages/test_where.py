"""A story is told wherever a release has its series: by which source, and under which codes."""

from __future__ import annotations

import duckdb
import pytest

from orchestration.pages.where import located
from orchestration.stories.declared import load_story
from orchestration.stories.measures import SERIES

CHIPS = ("CHN", "import", "ic", "integrated_circuits")
BEANS = ("CHN", "import", "hs4", "1201")


def release(*rows: tuple[str, str, tuple[str, str, str, str]]) -> duckdb.DuckDBPyConnection:
    """A release that has nothing but these series: source, partner, and whose trade in what."""
    con = duckdb.connect()
    for table in SERIES:
        con.execute(
            f"create table {table} (source varchar, partner_code varchar, reporter varchar, flow varchar, "
            "category_scheme varchar, category_code varchar)"
        )
    con.execute("create table dim_source (source varchar)")
    for source, partner, of in rows:
        con.execute(f"insert into {SERIES[partner != 'all']} values (?, ?, ?, ?, ?, ?)", [source, partner, *of])
        con.execute("insert into dim_source select ? where ? not in (from dim_source)", [source, source])
    return con


@pytest.mark.parametrize(
    ("rows", "source", "partner"),
    [
        ([("comtrade", "842", CHIPS)], "comtrade", "842"),
        ([("gacc_sample", "502", CHIPS)], "gacc_sample", "502"),
        ([("comtrade", "842", CHIPS), ("gacc", "502", CHIPS)], "gacc", "502"),
        ([("gacc", "116", CHIPS)], None, None),
        ([("gacc", "502", ("CHN", "export", "ic", "integrated_circuits"))], None, None),
    ],
)
def test_who_tells_a_story(
    rows: list[tuple[str, str, tuple[str, str, str, str]]], source: str | None, partner: str | None
) -> None:
    """Whoever has most of its series, the customs themselves before others; nobody where the flow is another one."""
    found = located(release(*rows), load_story("chips"))
    assert (found and found.scope.source, found and found.scope.partner) == (source, partner)


def test_types_are_counted_by_whom_the_story_means() -> None:
    """Nine lines of eight digits are none of the four types of six."""
    story = load_story("chips")
    own = located(release(("gacc", "502", CHIPS)), story)
    meant = located(release(("comtrade", "842", CHIPS)), story)
    assert own and meant and "types" not in own.blanks and "types" in meant.blanks
    assert own.sentence == meant.sentence == story.sentence


def test_what_a_source_has_not_is_left_out() -> None:
    """A story of three partners of which a release has one."""
    found = located(release(("gacc", "410", BEANS)), load_story("soybeans"))
    assert found and [of.title for of in found.pictures] == ["From Brazil"]
    assert {of.partner for of in found.blanks.values()} == {"410"}
