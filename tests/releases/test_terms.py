"""Terms travel with a release: who is named, and whose rows may leave it, by the source's terms or by permission."""

from __future__ import annotations

import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.releases.manifest import Manifest
from orchestration.releases.store import Releases
from orchestration.releases.terms import may_leave, permission, terms, terms_of, told
from orchestration.sources.catalogue import TRADE

GIVEN = "UN Statistics Division, letter of 2 May 2025"


def release(trade: tuple[str, ...], documents: tuple[str, ...] = ()) -> Manifest:
    """A release of these sources, as far as terms are concerned."""
    return Manifest.model_construct(terms=terms_of(trade, documents), receipts=[], documents=[])


def test_what_may_be_passed_on_leaves_and_nothing_is_told() -> None:
    said = release(("gacc", "gacc_sample"), ("gacc_bulletin", "exchange_rates"))
    assert may_leave(said) == {"gacc", "gacc_sample"} and told(said) == []


def test_rows_of_comtrade_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its months and its years, which come on the same terms; permission lets both go, and is told."""
    said = release(("comtrade", "gacc"), ("comtrade_annual",))
    offer = TRADE["comtrade"]
    assert may_leave(said) == {"gacc"}
    assert told(said) == [f"comtrade, comtrade_annual: {offer.attribution}. {offer.terms}"]
    monkeypatch.setenv("BONDED_COMTRADE_PERMISSION", GIVEN)
    assert permission("comtrade_annual") == GIVEN and permission("gacc") is None
    assert may_leave(said) == {"gacc", "comtrade", "comtrade_annual"}
    assert told(said)[0].endswith(f". Permission to pass rows on: {GIVEN}")


def test_a_permission_says_who_gave_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bare yes is none."""
    monkeypatch.setenv("BONDED_COMTRADE_PERMISSION", "yes")
    with pytest.raises(RefusalError, match="BONDED_COMTRADE_PERMISSION"):
        may_leave(release(("comtrade",)))


def test_a_release_that_says_nothing_of_terms_has_those_of_its_sources(small_home: Home) -> None:
    said = Releases(small_home).manifest()
    assert set(said.terms) == {"gacc"}
    assert terms(said.model_copy(update={"terms": {}})) == said.terms
