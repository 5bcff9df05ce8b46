"""Forgetting old runs: what the UI shows of every asset, month and check is the same before and after."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluation
from dagster._core.storage.event_log import SqliteEventLogStorage

from orchestration.automation import history
from orchestration.automation.history import forget_old_runs
from orchestration.automation.instance import instance
from orchestration.base.settings import Home, settings

YEARS = dg.StaticPartitionsDefinition(["2021", "2022", "2023"])


@dg.asset(partitions_def=YEARS, check_specs=[dg.AssetCheckSpec("right", asset="fact", partitions_def=YEARS)])
def fact(context: dg.AssetExecutionContext) -> Iterator[Any]:
    """Built by partition, and checked."""
    yield dg.Output(None)
    yield dg.AssetCheckResult(passed=context.partition_key != "2022")


@dg.asset(check_specs=[dg.AssetCheckSpec("whole", asset="mart")])
def mart(context: dg.AssetExecutionContext) -> Iterator[Any]:
    """Built whole; one of its checks speaks only where it is asked to; a run may fail."""
    if "fails" in context.run.tags:
        raise dg.Failure("as asked")
    context.log_event(dg.AssetObservation("seen", partition=context.run.tags.get("sees")))
    yield dg.Output(None)
    yield dg.AssetCheckResult(check_name="whole", passed=True)
    if "asks" in context.run.tags:
        context.log_event(AssetCheckEvaluation(dg.AssetKey("mart"), "seldom", True, {}))


@pytest.fixture(autouse=True)
def events() -> None:
    """Real files, as a home has them."""


@pytest.fixture
def made(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """The instance of a home in which every run is old, and which may be looked at again at once."""
    monkeypatch.setattr(settings(), "keep_run_days", -1)
    monkeypatch.setattr(history, "PAUSE", -1.0)
    with instance(home) as opened:
        yield opened


def run(made: dg.DagsterInstance, what: Any, partition: str | None = None, **tags: str) -> str:
    """One run of an asset."""
    return dg.materialize([what], instance=made, raise_on_error=False, partition_key=partition, tags=tags).run_id


def shown(made: dg.DagsterInstance) -> dict[str, Any]:
    """The last event of each kind of every asset and partition, and the last word of every check on it."""
    found: dict[str, Any] = {}
    for asset in ("fact", "mart", "seen"):
        key = dg.AssetKey(asset)
        found[f"{asset} partitions"] = made.get_materialized_partitions(key)
        for kind, fetch in (("built", made.fetch_materializations), ("seen", made.fetch_observations)):
            for record in reversed(fetch(key, limit=1_000).records):
                found[f"{asset} {kind} {record.partition_key}"] = record.storage_id
    for key, name in ((fact.key, "right"), (mart.key, "whole"), (mart.key, "seldom")):
        check = dg.AssetCheckKey(key, name)
        for record in reversed(made.event_log_storage.get_asset_check_execution_history(check, limit=1_000)):
            found[f"{check} {record.partition}"] = record.id, record.status
    return found


def test_months_that_only_an_old_run_built_survive(made: dg.DagsterInstance) -> None:
    """And the last word of each check, the last observation, the last failure; all else goes, with its files."""
    kept = {
        run(made, fact, "2021"),
        run(made, mart, sees="2021"),
        run(made, mart, asks="yes"),
        run(made, fact, "2022"),
    }
    gone = {run(made, fact, "2023"), run(made, mart, sees="2022")}
    kept |= {run(made, fact, "2023"), run(made, mart, sees="2022"), run(made, mart, sees="2023")}
    kept |= {run(made, mart, fails="yes")}
    before = shown(made)
    assert before["fact partitions"] == {"2021", "2022", "2023"} and "seen seen 2021" in before
    storage = made.event_log_storage
    assert isinstance(storage, SqliteEventLogStorage)
    assert all(Path(storage.path_for_shard(run_id)).exists() for run_id in gone)
    assert forget_old_runs(made) == len(gone)
    assert shown(made) == before
    left = {found.run_id for found in made.get_runs()}
    assert not left & gone and kept <= left
    for run_id in gone:
        assert not Path(storage.path_for_shard(run_id)).exists() and not list(
            Path(made.storage_directory()).glob(run_id)
        )
    check = dg.AssetCheckKey(fact.key, "right")
    assert not [r for r in storage.get_asset_check_execution_history(check, limit=99) if r.run_id in gone]
    assert forget_old_runs(made) == 0


def test_what_is_kept_work_by_work(made: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few at once, the oldest first; none within the days that are kept, none that is under way, and once an hour."""
    runs = [run(made, mart) for _ in range(4)]
    under_way = made.create_run_for_job(dg.Definitions([mart]).resolve_implicit_global_asset_job_def())
    with monkeypatch.context() as patch:
        patch.setattr(settings(), "keep_run_days", 90)
        assert forget_old_runs(made) == 0
    monkeypatch.setattr(history, "AT_ONCE", 2)
    assert forget_old_runs(made) == 2
    assert {found.run_id for found in made.get_runs()} == {*runs[2:], under_way.run_id}
    monkeypatch.setattr(history, "PAUSE", 3_600.0)
    assert forget_old_runs(made) == 0
    monkeypatch.setattr(history, "PAUSE", -1.0)
    assert forget_old_runs(made) == 1 and {found.run_id for found in made.get_runs()} == {runs[3], under_way.run_id}
