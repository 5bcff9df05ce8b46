"""What a page says of a release as a whole: how much was compared, and whom to name."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from orchestration.pages.overview import attributions, compared
from orchestration.releases.manifest import SourceTerms


def report(*rows: tuple[str, str | None, int]) -> Any:
    """What gates compared of which months."""
    made = [(gate, dt.date.fromisoformat(f"{month}-01") if month else None, n) for gate, month, n in rows]
    return SimpleNamespace(results=pd.DataFrame(made, columns=["gate", "month", "n_compared"]))


#: By name what was compared, and what is said of months.
CASES = {
    "a month that is to come": (
        [("layers", "2024-09", 1), ("layers", "2024-10", 1), ("page", "2024-10", 9), ("page", "2024-11", 1)],
        "4 comparisons, 2 gates. Months of details compared: 2, 2024-09 to 2024-10. Of 2024-11 no details are held: "
        "other figures were compared, such as the day on which a month comes out.",
    ),
    "all months": (
        [("layers", "2024-08", 1), ("layers", "2024-10", 1), ("layers", "2024-11", 0), ("page", "2024-11", 0)],
        "2 comparisons, 1 gate. Months of details compared: 2, 2024-08, 2024-10.",
    ),
    "no month": ([("suites", None, 1)], "1 comparison, 1 gate."),
}


@pytest.mark.parametrize("name", CASES)
def test_months_are_told_by_what_is_held_of_them(name: str) -> None:
    """Whoever reads of a month that was never published learns what was compared there."""
    rows, words = CASES[name]
    assert compared(report(*rows)) == words


@pytest.mark.parametrize("is_synthetic", [True, False])
def test_nobody_is_named_for_what_is_made_up(is_synthetic: bool) -> None:
    """Nor a source that made-up answers imitate."""
    terms = {"comtrade": SourceTerms(attribution="The United Nations", terms="Ask first.", may_be_passed_on=False)}
    said: Any = SimpleNamespace(is_synthetic=is_synthetic, terms=terms)
    wanted = "Synthetic data (no publisher)" if is_synthetic else "The United Nations"
    assert attributions(said) == {"comtrade": wanted}
