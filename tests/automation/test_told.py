"""What Dagster is told where nothing had to be done: an observation and a check, no run."""

from __future__ import annotations

import dagster as dg
import pytest

from orchestration.automation import told
from orchestration.automation.instance import instance
from orchestration.base.settings import Home
from orchestration.landing.inbox import take_in
from orchestration.landing.store import Landing
from orchestration.releases.store import Releases


@pytest.fixture(autouse=True)
def events() -> None:
    """Keep Dagster's events where they are read from."""


def test_nothing_new_is_an_observation_and_a_check(small: Home) -> None:
    """`release` was looked at, and whether anything is overdue was judged as of today; there is no further run."""
    current = Releases(small).current_id()
    assert current
    with instance(small) as made:
        runs = len(made.get_runs())
    with instance(small) as made:
        told.tell_unchanged(made, small, Landing(small).state(), take_in(small), current)
        (seen,) = made.fetch_observations(dg.AssetKey("release"), limit=5).records
        check = dg.AssetCheckKey(dg.AssetKey("landing_receipts"), "nothing_overdue")
        latest = made.event_log_storage.get_asset_check_execution_history(check, limit=1)[0]
        assert len(made.get_runs()) == runs
    assert seen.asset_observation is not None
    said = {name: value.value for name, value in seen.asset_observation.metadata.items()}
    assert said["outcome"] == "unchanged" and said["release_id"] == current and said["last month"] == "2024-04"
    assert "the first release" in said["changed against the release before"] and "SYNTHETIC" not in said
    evaluation = latest.event.dagster_event.asset_check_evaluation_data  # type: ignore[union-attr]
    assert evaluation.passed
