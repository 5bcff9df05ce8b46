"""Printed figures against details: what stops, what is 0, and what is known to be wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.base.settings import Home
from tests.conftest import many
from tests.gates.looking import beyond, changed, evidence
from tests.gates.test_gates import audited

#: Of grade B, no headline: chips from the world in March 2021, which the sample meets.
FIGURE = "import_world_ic_2021_03_usd"
CHIPS = "month = date '2021-03-01' and commodity_code like '85423%'"
#: Gates by which an error of the press is known.
KNOWN = ("totals", "implied_rate")
#: SQL on the sample, and severity and details of the figure where it is not met.
CHANGED = "update fct_control_total set value = value * {}, grade = '{}' where control_total_id = '" + FIGURE + "'"
CASES = {
    "as it is": ("", []),
    "missed by less than half": (CHANGED.format(1.9, "B"), ["warn"]),
    "missed by half": (CHANGED.format(2.1, "B"), ["block"]),
    "of grade C": (CHANGED.format(3, "C"), ["warn"]),
    "a covered month without a row": (f"delete from fct_trade_monthly where {CHIPS}", ["block"]),
}


@pytest.mark.series
@pytest.mark.parametrize("name", many(("missed by half", "a covered month without a row"), CASES))
def test_what_is_missed_by_half_stops(sample_home: Home, tmp_path: Path, name: str) -> None:
    """Whatever its usual severity; what is covered and has no row is 0, not unknown."""
    sql, severities = CASES[name]
    frame = evidence(sample_home, changed(sample_home, tmp_path, sql), ["totals"])
    figure = frame[frame["scope"].str.startswith(f"{FIGURE}:") & (frame["measure"] == "value_usd")]
    found = beyond(figure)
    assert len(figure) == 1 and found["severity"].tolist() == severities
    if "without a row" in name:
        assert found["actual"].tolist() == [0]


def test_a_known_error_is_expected_until_it_agrees(sample_home: Home, tmp_path: Path) -> None:
    """With its remark; an error that is none any more is warned of, so that somebody reviews it."""
    (tmp_path / "as_it_is").mkdir()
    found = audited(sample_home, tmp_path / "as_it_is", gates=KNOWN).findings("expected")
    assert set(found["gate"]) == {"totals", "implied_rate"} and set(found["severity"]) == {"expect"}
    assert all("known to be wrong: PRESS" in reason for reason in found["reason"])
    (rate,) = set(found[found["gate"] == "implied_rate"]["reference"].str.partition("; ")[2])
    assert rate == "rate: Federal Reserve, G.5, series EXCHUS, reviewed"
    right = "update fct_control_total set value = 37720000000 where control_total_id = 'import_world_ic_2020_09_usd'"
    warned = audited(sample_home, tmp_path, right, KNOWN).findings("warned")
    assert warned["gate"].tolist() == ["implied_rate", "totals"] or warned["gate"].tolist() == [
        "totals",
        "implied_rate",
    ]
    assert all("it agrees now, so review its grade; known to be wrong" in reason for reason in warned["reason"])


def test_of_rates_it_is_said_whose_they_are(sample_home: Home, tmp_path: Path) -> None:
    """Of every publisher that a period's mean has months of, beside where the figures are printed."""
    ecb = "CNY per USD, monthly averages, computed from CNY and USD per EUR (European Central Bank)"
    sql = f"update fct_exchange_rate_monthly set source = '{ecb}' where month = '2022-03-01'"
    frame = evidence(sample_home, changed(sample_home, tmp_path, sql), ["implied_rate"])
    said = frame[frame["scope"].str.startswith("import_world_ic_2022_01_08_usd")]["reference"].tolist()
    assert len(said) == 1 and said[0].startswith("https://")
    assert said[0].endswith(f"; rate: {ecb}; Federal Reserve, G.5, series EXCHUS, reviewed")
