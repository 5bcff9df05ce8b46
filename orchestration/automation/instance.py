"""The Dagster instance of a home: made once, so that two processes never make it at the same time."""

from __future__ import annotations

import os
from contextlib import suppress

import dagster as dg
from filelock import FileLock

from orchestration.base.settings import Home

CONFIG = """\
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  pools:
    default_limit: 1
    granularity: op
run_monitoring:
  enabled: true
  free_slots_after_run_end_seconds: 30
"""
PID_TAG = "bonded/pid"


def instance(home: Home) -> dg.DagsterInstance:
    """The instance that keeps the runs of this home; its storage is made at the first call."""
    home.create().dagster.mkdir(exist_ok=True)
    with FileLock(home.warehouse / ".instance.lock"):
        config = home.dagster / "dagster.yaml"
        if not config.exists():
            config.write_text(CONFIG, encoding="utf-8")
        made = dg.DagsterInstance.from_config(str(home.dagster))
        made.get_runs(limit=1)
        made.event_log_storage.get_concurrency_keys()
        return made


def end_dead_runs(made: dg.DagsterInstance) -> None:
    """Mark runs of terminals that are gone as failed and give back what they hold, so that nothing waits for them."""
    running = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING])
    for run in made.get_runs(running):
        pid = run.tags.get(PID_TAG)
        if pid is not None and not _alive(int(pid)):
            made.report_run_failed(run, "The process of this run ended before the run did.")
            made.event_log_storage.free_concurrency_slots_for_run(run.run_id)


def _alive(pid: int) -> bool:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, 0)
        return True
    return False
