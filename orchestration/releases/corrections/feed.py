"""`feed.xml` of a release: an Atom feed (RFC 4287) of what releases say and what they correct, for whoever subscribes.

Belongs here: entries, and carrying on those of the release before. Not here: the sentences (`changed`, `headline`).
Ids are `tag:` URIs (RFC 4151): an entry keeps its own over all releases that carry it on.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

from orchestration.base.duck import reading
from orchestration.base.plain import printable
from orchestration.releases.content import CORRECTIONS, is_intact
from orchestration.releases.corrections.changed import Correction, corrections_of, flip_sentence, in_order
from orchestration.releases.database import DATABASE
from orchestration.releases.headline import headline
from orchestration.releases.manifest import FlippedClaim, Manifest
from orchestration.releases.store import Releases

FEED = "feed.xml"
ATOM = "http://www.w3.org/2005/Atom"
#: Entries that a feed has; and those of one release about corrections, or about claims: the rest is one entry.
LATEST, TOLD = 50, 10
TITLE = "Bonded: what releases of trade statistics say, and what they correct"
#: By cause and detail how many figures and months, and the one that is told first.
BY_CAUSE = f"""
select cause, cause_detail, count(*), strftime(min(month), '%Y-%m'), strftime(max(month), '%Y-%m')
from {CORRECTIONS} where release_id = ? group by 1, 2 order by 3 desc, 1, 2"""


@dataclass(frozen=True)
class Entry:
    """One entry. `path`: of its id, below that of the feed."""

    path: str
    title: str
    text: str


def write_feed(releases: Releases, folder: Path, said: Manifest, before: Manifest | None) -> None:
    """Write a candidate's feed: its own entries, then those of the feed of the release before, if that is as published.

    `said`, `before`: the manifests of the candidate and of that release.
    """
    ElementTree.register_namespace("", ATOM)
    earlier = _earlier(releases.folder(before.release_id), before) if before else None
    feed_id = _text(earlier, "id") if earlier is not None else _feed_id(said)
    feed = ElementTree.Element(_name("feed"))
    made_up = "SYNTHETIC: " if said.is_synthetic else ""
    _add(feed, "id", feed_id)
    _add(feed, "title", made_up + TITLE)
    _add(feed, "updated", _time(said.made_at))
    _add(_add(feed, "author"), "name", "Bonded")
    _add(feed, "link", rel="self", type="application/atom+xml", href=FEED)
    _add(feed, "link", rel="alternate", type="text/html", href="audit.html")
    carried = [] if earlier is None else earlier.findall(_name("entry"))
    own = [_element(entry, f"{feed_id}/", said, made_up) for entry in entries(folder, said)]
    # A source that is still held back is no news again.
    known_ids = {_text(entry, "id") for entry in carried}
    feed.extend([*(entry for entry in own if _text(entry, "id") not in known_ids), *carried][:LATEST])
    ElementTree.indent(feed)
    ElementTree.ElementTree(feed).write(folder / FEED, encoding="utf-8", xml_declaration=True)


def entries(folder: Path, said: Manifest) -> Iterator[Entry]:
    """What a release has to tell: its headline, what it corrects by cause, claims that flipped, sources held back."""
    lines, _ = headline(folder)
    yield Entry(f"{said.release_id}/headline", lines[0], "\n".join([*lines, f"Release {said.release_id}."]))
    yield from _corrections(folder, said)
    flips = in_order(said.corrections.flips)
    yield from (_flip(said, flip) for flip in flips[:TOLD])
    if rest := flips[TOLD:]:
        title = f"{len(rest):,} more claims have another verdict"
        yield Entry(f"{said.release_id}/claims", title, "\n".join(map(flip_sentence, rest)))
    for source, held in said.held_back.items():
        yield Entry(f"held-back/{source}/{held.since}", f"{source} is held back since {held.since}", held.told(source))


def _corrections(folder: Path, said: Manifest) -> Iterator[Entry]:
    with reading(folder / DATABASE) as con:
        causes = con.execute(BY_CAUSE, [said.release_id]).fetchall()
        found, _ = corrections_of(con, said.release_id, len(causes))
    first: dict[tuple[str, str], Correction] = {(c.cause, c.cause_detail): c for c in reversed(found)}
    for cause, detail, count, *months in causes[:TOLD]:
        months_of = "..".join(dict.fromkeys(months))
        title = f"{count:,} figure{'s' * (count > 1)} of {months_of}: {cause} ({detail})"
        path = f"{said.release_id}/correction/{hashlib.sha256(f'{cause} {detail}'.encode()).hexdigest()[:12]}"
        told = first.get((cause, detail))
        yield Entry(path, title, told.sentence() if told else title)
    if rest := causes[TOLD:]:
        title = f"{sum(row[2] for row in rest):,} more figures, of {len(rest):,} further causes"
        yield Entry(f"{said.release_id}/corrections", title, f"{title}: {CORRECTIONS} has them.")


def _flip(said: Manifest, flip: FlippedClaim) -> Entry:
    title = f"{flip.was} → {flip.is_now}: {flip.text}"
    return Entry(f"{said.release_id}/claim/{quote(flip.claim_id, safe='')}", title, flip_sentence(flip))


def _earlier(before: Path, known: Manifest) -> ElementTree.Element | None:
    """The feed of a release, if it has one that is as published."""
    of = known.files.get(FEED)
    return ElementTree.parse(before / FEED).getroot() if of and is_intact(before / FEED, of) else None


def _feed_id(said: Manifest) -> str:
    """Of the home's first feed, and of no other home's. Nobody owns a name below `.invalid`."""
    return f"tag:bonded.invalid,{said.made_at:%Y-%m-%d}:{said.release_id}"


def _element(entry: Entry, below: str, said: Manifest, made_up: str) -> ElementTree.Element:
    element = ElementTree.Element(_name("entry"))
    _add(element, "id", below + entry.path)
    _add(element, "title", printable(made_up + entry.title))
    _add(element, "updated", _time(said.made_at))
    text = "\n".join(map(printable, [*(made_up + entry.text).split("\n"), *_terms(said)]))
    _add(element, "content", text, type="text")
    return element


def _terms(said: Manifest) -> list[str]:
    return [f"Source: {of.attribution}" for of in said.terms.values()]


def _add(parent: ElementTree.Element, name: str, text: str | None = None, **attributes: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, _name(name), attributes)
    element.text = text
    return element


def _name(name: str) -> str:
    return f"{{{ATOM}}}{name}"


def _text(element: ElementTree.Element, name: str) -> str:
    return element.findtext(_name(name)) or ""


def _time(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
