"""The feed of a release: what stands in it, what it carries on, and whether other programs read it as Atom."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import feedparser
import pytest
from lxml import etree

from orchestration.base.settings import Home
from orchestration.releases.content import file_content
from orchestration.releases.corrections import feed as feeds
from orchestration.releases.corrections.feed import FEED, write_feed
from orchestration.releases.database import DATABASE
from orchestration.releases.manifest import Corrections, FlippedClaim, HeldBack, Manifest
from orchestration.releases.store import Releases
from tests.releases.pairs import MADE, Made, Row
from tests.revisions import Revisions, revisions

__all__ = ["revisions"]
#: RFC 4287, what it demands of elements that the feed has, and no other elements.
SCHEMA = Path(__file__).with_name("atom.rng")
HELD = HeldBack(
    since=dt.date(2024, 11, 1), sequence=3, parser_version="1", withdrawn=[], candidate="c", why=["layers: 5"]
)


@pytest.fixture(autouse=True)
def said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A headline for releases of two tables."""
    monkeypatch.setattr(feeds, "headline", lambda _: (["US chips to China, 2024-10: US$ 1.11 bn", "9 types"], None))


def flip(n: int) -> FlippedClaim:
    """A claim that does not hold any more."""
    return FlippedClaim(
        claim_id=f"claim/{n}", text=f"<{n} & more>\x07", publisher="a paper", published_on=dt.date(2024, 11, n),
        was="confirmed", is_now="contradicted", detail="0.52",
    )  # fmt: skip


class Written:
    """Releases without a home, each built upon the one before, with their feeds."""

    def __init__(self, root: Path) -> None:
        self.releases = Releases(Home(root))
        self.before: Manifest | None = None
        self.releases.folder = lambda name=None: self.folder(str(name))  # type: ignore[method-assign]

    def folder(self, name: str) -> Path:
        """Of a release."""
        return self.releases.home.releases / name

    def add(self, name: str, rows: int = 0, causes: int = 1, **said: Any) -> feedparser.FeedParserDict:
        """One more, with so many corrections; its feed as a reader takes it."""
        folder = self.folder(name)
        history = tuple(
            {"release_id": name, "corrected_on": MADE.date(), "cause": "revised by the source",
             "cause_detail": f"receipt r{n % causes}", "source": "gacc", "reporter": "CHN", "flow": "import",
             "month": dt.date(2024, 1 + n % 12, 1), "partner_code": str(n), "partner_name": "Japan",
             "category_scheme": "ic", "category_name": "Integrated circuits", "measure": "value_usd", "old_value": 1,
             "new_value": 2, "change_share": 1.0} for n in range(rows)
        )  # fmt: skip
        made = Made((Row("2024-01", 1),), history=history).write(folder, name).model_copy(update=said)
        write_feed(self.releases, folder, made, self.before)
        self.before = made.model_copy(update={"files": {FEED: file_content(folder / FEED)}})
        return read(folder / FEED)


def read(path: Path) -> feedparser.FeedParserDict:
    """What a reader of feeds makes of it; it must be Atom by the schema."""
    schema = etree.RelaxNG(etree.parse(str(SCHEMA)))
    assert schema.validate(etree.parse(str(path))), schema.error_log
    found = feedparser.parse(path.read_bytes())
    assert not found.bozo and found.version == "atom10"
    return found


def test_what_a_release_tells(tmp_path: Path) -> None:
    """Headline, corrections by cause, claims that flipped, sources held back; escapes for what no XML may hold."""
    found = Written(tmp_path).add(
        "one", rows=7, causes=2, held_back={"gacc": HELD}, corrections=Corrections(flips=[flip(1)])
    )
    assert [entry.title for entry in found.entries] == [
        "US chips to China, 2024-10: US$ 1.11 bn",
        "4 figures of 2024-01..2024-07: revised by the source (receipt r0)",
        "3 figures of 2024-02..2024-06: revised by the source (receipt r1)",
        "confirmed → contradicted: <1 & more>\\x07",
        "gacc is held back since 2024-11-01",
    ]
    assert "9 types" in found.entries[0].content[0].value
    assert found.entries[1].content[0].value.startswith("Integrated circuits from Japan, 2024-0")
    assert all(entry.id.startswith(f"{found.feed.id}/") and entry.updated for entry in found.entries)
    assert found.feed.id == "tag:bonded.invalid,2024-11-20:one" and found.feed.author == "Bonded"


def test_many_are_summed_up(tmp_path: Path) -> None:
    """Thousands of figures are an entry a cause, and of many causes and claims the rest is one."""
    flips = [flip(n) for n in range(1, 13)]
    found = Written(tmp_path).add("one", rows=60, causes=30, corrections=Corrections(flips=flips))
    titles = [entry.title for entry in found.entries]
    assert len(titles) == 1 + feeds.TOLD + 1 + feeds.TOLD + 1
    assert "40 more figures, of 20 further causes" in titles and "2 more claims have another verdict" in titles


def test_entries_are_carried_on_with_their_ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last fifty, here ten, the newest first; a source that is still held back is told once."""
    assert feeds.LATEST == 50
    monkeypatch.setattr(feeds, "LATEST", 10)
    written = Written(tmp_path)
    first = written.add("one", held_back={"gacc": HELD})
    second = written.add("two", held_back={"gacc": HELD})
    assert [entry.id for entry in second.entries] == [
        f"{first.feed.id}/two/headline", *(entry.id for entry in first.entries)
    ]  # fmt: skip
    assert second.feed.id == first.feed.id
    for n in range(12):
        found = written.add(f"more{n}")
    assert len(found.entries) == 10 and found.entries[0].id.endswith("/more11/headline")


def test_a_feed_that_is_not_as_published_is_not_carried_on(tmp_path: Path) -> None:
    """A new one begins."""
    written = Written(tmp_path)
    written.add("one")
    (written.folder("one") / FEED).write_text("<feed/>", encoding="utf-8")
    assert len(written.add("two").entries) == 1


def test_made_up_figures_say_so_in_every_title(tmp_path: Path) -> None:
    """Of the feed, too."""
    found = Written(tmp_path).add("one", rows=3, is_synthetic=True)
    assert all(title.startswith("SYNTHETIC: ") for title in [found.feed.title, *(e.title for e in found.entries)])


@pytest.mark.own_run("a home that has revised a month is built, once for all")
def test_a_release_has_its_feed(revisions: Revisions) -> None:
    """Among its files, with what the release before had; other programs read it."""
    releases = Releases(revisions.built("march-1"))
    folder, said = releases.opened()
    assert FEED in said.files and {f"{child.tag}" for child in ElementTree.parse(folder / FEED).getroot()}
    found = read(folder / FEED)
    assert [entry.id.split("/")[1] for entry in found.entries] == [said.release_id, said.release_id, said.base]
    assert "revised by the source (receipt r000002-" in found.entries[1].title
    with duckdb.connect(str(folder / DATABASE), read_only=True) as con:
        (count,) = con.execute("select count(*) from mart_correction").fetchall()[0]
    assert found.entries[1].title.startswith(f"{count} figures of 2024-03")
