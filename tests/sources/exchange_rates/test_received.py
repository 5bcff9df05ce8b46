"""The ECB's table as a receipt: whose day counts, what is known on a day, and a month that is not over."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.landing.receivers import receive_file
from orchestration.landing.scope import Declaration
from orchestration.landing.store import Landing
from orchestration.sources.exchange_rates import parse as reader
from orchestration.warehouse.raw_documents import document_path, write_document
from orchestration.warehouse.snapshot import document_table
from tests.sources.exchange_rates.answers import DOLLARS, MAY, YUAN, both

FED = "month,cny_per_usd\n2026-03,6.8921\n2026-04,6.8371\n"


def received(home: Home, file: Path, text: str, vintage: str) -> None:
    """Receive a table under this vintage."""
    file.write_text(text, encoding="utf-8")
    receive_file(home, file, Declaration.model_validate({"source": "exchange_rates", "vintage": vintage}))


def test_the_latest_vintage_counts_whoever_published_it(home: Home, tmp_path: Path) -> None:
    """A correction, and the other publisher's file between the two; on a day what was known then."""
    received(home, tmp_path / "corrected.csv", both(YUAN | {"2026-04": "8.01"}), "2026-06-08")
    received(home, tmp_path / "ecb.csv", both(), "2026-05-08")
    received(home, tmp_path / "fed.csv", FED, "2026-05-20")
    state = Landing(home).state()

    def last(day: str) -> str:
        return document_table(state.known_on(dt.date.fromisoformat(day)))["name"].to_pylist()[-1]

    assert document_table(state)["name"].to_pylist() == ["ecb.csv", "fed.csv", "corrected.csv"]
    assert (last("2026-05-08"), last("2026-06-07"), last("2026-06-08")) == ("ecb.csv", "fed.csv", "corrected.csv")
    assert document_table(state.known_on(dt.date(2026, 5, 7))).num_rows == 0
    (corrected, first, fed) = state.papers
    assert "European Central Bank" in corrected.title and corrected.table == first.table != fed.table
    assert write_document(home, reader, corrected)
    rows = pq.read_table(document_path(home, reader, corrected)).to_pylist()
    assert (
        rows[-1]["printed"] == f"8.01 CNY / {DOLLARS['2026-04']} USD" and rows[-1]["receipt_id"] == corrected.receipt_id
    )


def test_remarks_stay_with_the_receipt(home: Home, tmp_path: Path) -> None:
    """Of a month that has one rate alone."""
    received(home, tmp_path / "ecb.csv", both(dollars=DOLLARS | MAY), "2026-06-08")
    (receipt,) = Landing(home).state().papers
    assert receipt.remarks == ("2026-05 left out: no final CNY per EUR",) and receipt.month == dt.date(2026, 4, 1)


def test_a_month_that_is_not_over(home: Home, tmp_path: Path) -> None:
    """A mean of some of its days is another figure: it could not be known then."""
    with pytest.raises(RefusalError, match="month 2026-04 ends after the vintage 2026-04-29"):
        received(home, tmp_path / "ecb.csv", both(), "2026-04-29")
    assert Landing(home).state().papers == ()
    received(home, tmp_path / "ecb.csv", both(), "2026-04-30")
