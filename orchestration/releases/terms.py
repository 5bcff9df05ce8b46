"""The terms on which figures may be used, which travel with every release: who is to be named, what may be passed on.

Belongs here: what a release says of terms, and whose rows may leave it. Not here: the terms themselves, which each
source says of itself (`sources/<source>/offer.py`), nor how anything leaves.
"""

from __future__ import annotations

from collections.abc import Collection

from orchestration.base.settings import source_settings
from orchestration.releases.manifest import Manifest, SourceTerms
from orchestration.sources.catalogue import ON_TERMS_OF, TRADE


def terms_of(trade: Collection[str], documents: Collection[str]) -> dict[str, SourceTerms]:
    """By name the terms of these sources of trade, and of those of documents that come on the terms of one."""
    named = {name: name for name in trade} | {name: ON_TERMS_OF[name] for name in documents if name in ON_TERMS_OF}
    return {
        name: SourceTerms(
            attribution=TRADE[of].attribution, terms=TRADE[of].terms, may_be_passed_on=TRADE[of].may_be_passed_on
        )
        for name, of in sorted(named.items())
    }


def terms(said: Manifest) -> dict[str, SourceTerms]:
    """By source the terms of a release; of one that was made before releases said so, what its sources say today."""
    return said.terms or terms_of([r.scope.source for r in said.receipts], [d.source for d in said.documents])


def permission(source: str) -> str | None:
    """Who permits that rows of a source are passed on, and since when (`BONDED_<SOURCE>_PERMISSION`), if anybody."""
    return source_settings(ON_TERMS_OF.get(source, source)).permission


def may_leave(said: Manifest) -> frozenset[str]:
    """The sources of a release whose rows may be exported, served or sent on: by their terms, or by permission.

    Sums of marts may be shown all the same, with the attribution.
    """
    return frozenset(name for name, of in terms(said).items() if of.may_be_passed_on or permission(name))


def told(said: Manifest) -> list[str]:
    """A sentence for each source of which not everything may be done: whom to name, the terms, and a permission."""
    by_words: dict[str, list[str]] = {}
    for name, of in terms(said).items():
        if not of.may_be_passed_on:
            given = permission(name)
            text = f"{of.attribution}. {of.terms}" + (f". Permission to pass rows on: {given}" if given else "")
            by_words.setdefault(text, []).append(name)
    return [f"{', '.join(names)}: {text}" for text, names in by_words.items()]
