"""What a page says of a release as a whole: whom to name, and what has changed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from orchestration.pages.overview import MOVERS, attributions, changed
from orchestration.pages.series import Library, Stream
from orchestration.releases.manifest import Corrections, SourceTerms
from tests.releases.pairs import Made


@pytest.mark.parametrize("is_synthetic", [True, False])
def test_nobody_is_named_for_what_is_made_up(is_synthetic: bool) -> None:
    """Nor a source that made-up answers imitate."""
    terms = {"comtrade": SourceTerms(attribution="The United Nations", terms="Ask first.", may_be_passed_on=False)}
    said: Any = SimpleNamespace(is_synthetic=is_synthetic, terms=terms)
    wanted = "Synthetic data (no publisher)" if is_synthetic else "The United Nations"
    assert attributions(said) == {"comtrade": wanted}


#: By the release before and why it was not compared with, how what is new begins.
FIRST_SENTENCES = {
    (None, ""): "This is the first release: there is none before it to compare it with.",
    (None, "no figure is compared: the release before cannot be read"): "no figure is compared: the release before",
    ("old", "no figure is compared: release old is damaged"): "no figure is compared: release old is damaged",
    ("old", ""): "No published figure was corrected, and no claim has another verdict.",
}


@pytest.mark.parametrize(("base", "remark"), FIRST_SENTENCES)
def test_what_was_not_compared_is_not_said_to_be_unchanged(tmp_path: Path, base: str | None, remark: str) -> None:
    """Nor is a release the first one because the one before it cannot be read."""
    said = Made(()).write(tmp_path / "new", "new", base)
    said = said.model_copy(update={"corrections": Corrections(compared_with=None if remark else base, remark=remark)})
    with duckdb.connect() as con:
        told = [str(text.striptags()) for text in changed(Library(con, {}), tmp_path / "new", said, [])]
    assert len(told) == 1 and told[0].startswith(FIRST_SENTENCES[base, remark])


def test_what_moved_in_an_earlier_month_is_no_news(tmp_path: Path) -> None:
    """Where the newest month has nothing to tell, nothing is told."""
    said = Made(()).write(tmp_path / "new", "new")
    row = ["gacc", "CHN", "import", "502", "ic", "integrated_circuits", "2024-09-01", "growth", 1, 5, "Chips moved."]
    columns = "source varchar, reporter varchar, flow varchar, partner_code varchar, category_scheme varchar, "
    columns += "category_code varchar, month date, reason varchar, rank int, moved_usd bigint, sentence varchar"
    with duckdb.connect() as con:
        con.execute(f"create table {MOVERS} ({columns})")
        con.execute(f"insert into {MOVERS} values ({', '.join('?' * len(row))})", row)
        for last, n in ((9, 1), (10, 0)):
            of = Stream("gacc", "CHN", "import", dt.date(2024, last, 1), dt.date(2024, 12, 20), "", "covered_usd")
            library = Library(con, {("gacc", "CHN", "import"): of})
            told = [str(text) for text in changed(library, tmp_path / "new", said, [])]
            assert sum("Chips moved." in text for text in told) == n
