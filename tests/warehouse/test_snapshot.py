"""What models see of landing: the calendar of each source that counts, and of no other."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from orchestration.base.settings import Home
from orchestration.landing.store import Landing, LandingState
from orchestration.sources.catalogue import TRADE
from orchestration.warehouse import snapshot
from orchestration.warehouse.nodes import fingerprints
from tests.conftest import add, row
from tests.second_source import OTHER


def calendar(state: LandingState, folder: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """Rows of the file by source and month."""
    snapshot.write(state, folder)
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for said in pq.read_table(folder / "calendar.parquet").to_pylist():
        found.setdefault(said.pop("source"), {})[f"{said.pop('month'):%Y-%m}"] = said
    return found


def beside(state: LandingState) -> LandingState:
    """The first receipt once more, as that of another source."""
    (first,) = state.receipts
    scope = first.scope.model_copy(update={"source": "other", "reporter": "DEU"})
    other = first.model_copy(update={"receipt_id": "other", "sequence": 2, "scope": scope})
    return state.__class__(**{**vars(state), "receipts": (first, other)})


def test_the_calendar_of_each_source_that_is_held(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From its own first month to 2050, by its own rule; bulletins only where there are any."""
    monkeypatch.setitem(TRADE, "other", OTHER)
    assert calendar(Landing(home).state(), tmp_path / "nothing") == {}
    add(home, tmp_path, [row()])
    state = Landing(home).state()
    alone, both = calendar(state, tmp_path / "alone"), calendar(beside(state), tmp_path / "both")
    assert set(alone) == {"gacc"} and alone["gacc"] == both["gacc"]
    assert list(both["gacc"]) == [f"{year}-{month:02d}" for year in range(2015, 2051) for month in range(1, 13)]
    assert both["gacc"]["2025-01"] == {
        "release_date": dt.date(2025, 3, 20),
        "is_combined_release": True,
        "bulletin_release_from": dt.date(2025, 3, 18),
    }
    assert both["gacc"]["2018-04"]["release_date"] == dt.date(2018, 7, 20)
    combined = [month for month, said in both["gacc"].items() if said["is_combined_release"] and month < "2022"]
    assert combined == ["2018-03", "2018-04", "2018-05", "2018-06", "2020-01", "2020-02", "2021-01", "2021-02"]
    assert next(iter(both["other"])) == "2010-01" and both["other"]["2025-01"] == {
        "release_date": dt.date(2025, 3, 14),
        "is_combined_release": False,
        "bulletin_release_from": None,
    }


def test_a_further_source_makes_the_calendar_stale_and_a_further_receipt_does_not(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calendars hang on which sources are held, not on what they sent."""
    monkeypatch.setitem(TRADE, "other", OTHER)
    add(home, tmp_path, [row()])
    state = Landing(home).state()
    before, wider = fingerprints(state, ""), fingerprints(beside(state), "")
    assert before["stg_landing__calendar"] != wider["stg_landing__calendar"]
    add(home, tmp_path, [row(value="77")])
    assert before["stg_landing__calendar"] == fingerprints(Landing(home).state(), "")["stg_landing__calendar"]
