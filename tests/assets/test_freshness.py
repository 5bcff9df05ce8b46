"""When the release counts as stale: a run a month must come to its end, after the figures are out."""

from __future__ import annotations

import asyncio
import datetime as dt
from unittest import mock

import dagster as dg
import pytest
from dagster._core.definitions.freshness_evaluator import CronFreshnessPolicyEvaluator
from dagster._core.loader import LoadingContextForTest

from orchestration.automation.instance import instance
from orchestration.base.settings import Home
from orchestration.definitions import defs
from orchestration.sources.gacc.calendar import BEIJING

RELEASE = dg.AssetKey("release")


def told(event: dg.AssetMaterialization | dg.AssetObservation, at: str, now: str) -> str:
    """What the daemon says of the release now, if this was its last event; times of Beijing."""
    then, today = (dt.datetime.fromisoformat(text).replace(tzinfo=BEIJING) for text in (at, now))
    made = dg.DagsterInstance.ephemeral()
    with mock.patch("time.time", then.timestamp):
        made.report_runless_asset_event(event)
    node = defs.get_repository_def().asset_graph.get(RELEASE)
    with mock.patch("dagster._core.definitions.freshness_evaluator.get_current_datetime", lambda _: today):
        found = CronFreshnessPolicyEvaluator().evaluate_freshness(LoadingContextForTest(made), node)
        return asyncio.run(found).value


@pytest.mark.parametrize(
    ("at", "now", "said"),
    [
        ("2024-11-20 17:05", "2024-11-20 17:06", "PASS"),
        ("2024-11-20 17:05", "2024-12-21 16:59", "PASS"),
        ("2024-11-20 17:05", "2024-12-21 17:01", "FAIL"),
        ("2024-12-20 16:50", "2024-12-21 17:01", "FAIL"),
        ("2024-12-28 09:00", "2025-01-21 16:59", "PASS"),
    ],
)
def test_the_release_is_stale_when_no_run_has_ended_since_the_figures_are_out(at: str, now: str, said: str) -> None:
    """Green from the run of the 20th to the next month's; a run that came late mends it."""
    assert told(dg.AssetMaterialization(RELEASE), at, now) == said


def test_an_observation_is_no_run() -> None:
    """As Dagster has it: what `bonded run` tells when it finds nothing new neither makes it green nor red."""
    assert told(dg.AssetObservation(RELEASE), "2024-11-20 17:05", "2024-11-20 17:06") == "UNKNOWN"


def test_nothing_else_has_a_policy_and_the_daemon_looks(home: Home) -> None:
    """Only the release is promised to anybody."""
    nodes = defs.get_repository_def().asset_graph.asset_nodes
    assert [node.key for node in nodes if node.freshness_policy_or_from_metadata] == [RELEASE]
    with instance(home) as made:
        assert made.freshness_enabled


@pytest.fixture(autouse=True)
def events() -> None:
    """The instance of a home as it is made."""
