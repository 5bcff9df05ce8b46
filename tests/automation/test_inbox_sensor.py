"""The sensor of the inbox: what it launches, what it waits for, and what a killed run left.

Belongs here: its decisions, tick by tick. Not here: the runs themselves (`test_inbox_runs`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import dagster as dg
import pytest

from orchestration.automation import sensors
from orchestration.automation.instance import instance
from orchestration.automation.jobs import LAUNCHED_BY, build_and_publish, publish
from orchestration.automation.sensors import inbox_files
from orchestration.base.settings import Home, settings
from orchestration.definitions import defs
from orchestration.landing.inbox import take_in
from orchestration.warehouse.run_locks import _held, hold
from tests.automation.test_inbox_runs import at_rest, drop, events
from tests.conftest import many

__all__ = ["at_rest", "events"]


@pytest.fixture
def made(home: Home) -> Iterator[dg.DagsterInstance]:
    """The instance of an empty home."""
    with instance(home) as opened:
        yield opened


def tick(made: dg.DagsterInstance, cursor: str | None = None) -> tuple[list[dg.RunRequest], str]:
    """One evaluation of the sensor: what it launches, and its cursor or why not."""
    result = inbox_files(dg.build_sensor_context(instance=made, cursor=cursor))
    if isinstance(result, dg.SkipReason):
        return [], str(result.skip_message)
    assert isinstance(result, dg.SensorResult)
    return list(result.run_requests or []), result.cursor or ""


def test_the_sensor_runs_unless_stopped() -> None:
    """For the one job, no more often than set."""
    assert inbox_files.default_status == dg.DefaultSensorStatus.RUNNING
    assert inbox_files.minimum_interval_seconds == 30
    assert [job.name for job in inbox_files.jobs] == ["publish"]


def test_an_empty_inbox_launches_nothing(made: dg.DagsterInstance) -> None:
    """And says so."""
    assert tick(made) == ([], "No new file in the inbox.")


@pytest.mark.usefixtures("at_rest")
def test_files_at_once_make_one_run(home: Home, made: dg.DagsterInstance) -> None:
    """Without a partition, so that no month shows as built that was not; and not twice for the same files."""
    for number in range(10):
        drop(home, f"{number}.csv", "202401")
    ((request,), cursor) = tick(made)
    assert request.partition_key is None and request.tags == {"bonded/files": "10"} and len(cursor) < 40
    requests, why = tick(made, cursor)
    assert not requests and "a run was launched and did not take them in" in why
    drop(home, "another.csv", "202402")
    assert len(tick(made, cursor)[0]) == 1
    take_in(home)
    assert tick(made) == ([], "No new file in the inbox.")


def test_a_growing_file_waits_and_does_not_hold_up_the_others(
    home: Home, made: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The quiet ones now, the rest with a later run."""
    growing = drop(home, "growing.csv", "202401")
    requests, why = tick(made)
    assert not requests and why == "growing.csv: still being written."
    now = time.time()
    monkeypatch.setattr(sensors.time, "time", lambda: now + 60)
    assert tick(made)[0][0].tags == {"bonded/files": "1"}
    drop(home, "quiet.csv", "202402")
    at = growing.stat().st_ctime
    monkeypatch.setattr(sensors.Waiting, "quiet_since", lambda file: 0 if file.relative == "quiet.csv" else at + 59)
    assert tick(made)[0][0].tags == {"bonded/files": "1"}


@pytest.mark.usefixtures("at_rest")
@pytest.mark.series
@pytest.mark.parametrize("status", many(["STARTED"], ["STARTING", "STARTED", "CANCELING"]))
def test_none_while_a_run_is_under_way(
    home: Home, made: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    """Queued or begun, whoever launched it; one whose process is gone does not count, nor one that never began."""
    assert dg.DagsterRunStatus.QUEUED in sensors.UNDER_WAY
    drop(home, "\x1b[31m.csv", "202401")
    job = defs.resolve_job_def("publish")
    run = made.create_run_for_job(job, status=dg.DagsterRunStatus(status))
    hold(home, run.run_id)
    requests, why = tick(made)
    assert not requests and why == f"Run {run.run_id[:8]} is queued or under way; \\x1b[31m.csv: next."
    made.report_run_failed(run)
    assert tick(made)[0]
    gone = made.create_run_for_job(job, status=dg.DagsterRunStatus(status))
    (home.warehouse / "runs" / f"{gone.run_id}.lock").touch()
    assert tick(made)[0] and made.get_run_by_id(gone.run_id).is_finished  # type: ignore[union-attr]
    begins = made.create_run_for_job(job, status=dg.DagsterRunStatus(status))
    assert not tick(made)[0]
    monkeypatch.setattr(settings(), "start_seconds", 0)
    assert tick(made)[0] and made.get_run_by_id(begins.run_id).is_finished  # type: ignore[union-attr]
    assert not list((home.warehouse / "runs").glob(f"{gone.run_id}*"))


def test_a_tick_opens_no_file(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ticks are cheap, however large the files are."""
    drop(home, "a.csv", "202401")
    monkeypatch.setattr("os.open", lambda path, *_, **__: pytest.fail(f"{path} was opened"))
    assert sensors.new_files(home)


@pytest.mark.usefixtures("at_rest")
def test_what_a_killed_run_left_is_carried_on(home: Home, made: dg.DagsterInstance) -> None:
    """Its files are not new any more; after three that died in a row only a new file, or somebody, launches another.

    Whichever job it was of; one that another launched in its process died with it, and does not count.
    """

    def launched(job: str, launched_by: str | None = None) -> str:
        tags = {LAUNCHED_BY: launched_by} if launched_by else {}
        made_of = defs.resolve_job_def(job)
        if job == build_and_publish.name:
            # All that it was going to build would be told of the run, and is not looked at.
            made_of = made_of.get_subset(asset_selection={dg.AssetKey("landing_receipts")})
        run_id = made.create_run_for_job(made_of, status=dg.DagsterRunStatus.STARTED, tags=tags).run_id
        hold(home, run_id)
        return run_id

    def die(job: str) -> str:
        run_id = launched(job)
        both = [run_id, launched(build_and_publish.name, run_id)] if job == publish.name else [run_id]
        for dead in both:
            _held.pop(dead).release()
        return run_id

    for job in (publish.name, build_and_publish.name):
        killed = die(job)
        ((request,), cursor) = tick(made)
        assert request.tags == {"bonded/files": "0", "bonded/carries_on": killed}
    last = die(publish.name)
    assert tick(made, cursor)[1] == "The last 3 runs were killed before they ended: see why, then launch publish."
    drop(home, "new.csv", "202401")
    assert tick(made, cursor)[0][0].tags == {"bonded/files": "1"}
    made.delete_run(last)
    assert tick(made, cursor)[0][0].tags == {"bonded/files": "1", "bonded/carries_on": killed}
    launched(publish.name)
    die(build_and_publish.name)
    assert "is queued or under way; new.csv: next" in tick(made, cursor)[1]
