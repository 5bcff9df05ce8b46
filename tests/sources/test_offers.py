"""What a source says of its raw rows must be readable from them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestration.base.errors import RefusalError
from orchestration.sources.catalogue import TRADE
from orchestration.sources.gacc.offer import OFFER as GACC
from orchestration.sources.source import Source

UNSOUND: dict[str, tuple[Source, str]] = {
    "a column that is not there": (replace(GACC, says={"value": "euros"}), '"euros" not found'),
    "no such word": (replace(GACC, says={"values": "value"}), "values"),
    "no line": (replace(GACC, raw_columns={"month": "date", "value": "bigint"}), "line"),
}


@pytest.mark.parametrize("name", TRADE)
def test_every_offer_fits_its_rows(name: str) -> None:
    """As receiving, gates and trace read them."""
    TRADE[name].check()


@pytest.mark.parametrize("case", UNSOUND)
def test_an_offer_that_does_not_fit_is_refused(case: str) -> None:
    """By the file that says so."""
    source, what = UNSOUND[case]
    with pytest.raises(RefusalError) as refused:
        source.check()
    assert refused.value.file == "orchestration/sources/gacc/offer.py" and what in refused.value.what
