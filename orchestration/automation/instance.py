"""The Dagster instance of a home: made once, so that two processes never make it at the same time."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Collection
from itertools import takewhile
from pathlib import Path

import dagster as dg
from dagster._core.instance.ref import InstanceRef
from filelock import FileLock
from sqlalchemy.exc import DatabaseError, OperationalError

from orchestration.base.settings import Home, settings
from orchestration.warehouse.run_locks import forget, is_held

CONFIG = """\
telemetry:
  enabled: false
nux:
  enabled: false
run_monitoring:
  enabled: true
"""
PRINTED = {"module": "dagster._core.storage.noop_compute_log_manager", "class": "NoOpComputeLogManager"}
OPEN_EVENT_LOG = {"module": "orchestration.automation.event_log", "class": "OpenEventLog"}
#: A run that some process must be at work on.
LAUNCHED = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
#: The tag of a run whose process ended before the run did.
DIED = "bonded/died"
#: What is said of it.
ENDED_BEFORE = "The process of this run ended before the run did."
#: The tag of a run that another one has launched in its own process: the id of that one.
LAUNCHED_BY = "bonded/launched_by"
#: So many runs that died one after another are no accident.
TRIES = 3


def instance(home: Home, *, in_terminal: bool = False) -> dg.DagsterInstance:
    """The instance that keeps the runs of this home; its storage is made at the first call.

    `in_terminal`: what a run prints is left to the terminal. Dagster would lead it through a file and a process that
    prints that file: Ctrl-C ends that one as well, and the run's last words were lost. Events go through connections
    that stay open (`event_log`).
    """
    home.create().dagster.mkdir(exist_ok=True)
    with FileLock(home.warehouse / ".instance.lock"):
        config = home.dagster / "dagster.yaml"
        if not config.exists():
            config.write_text(CONFIG, encoding="utf-8")
        events = {**OPEN_EVENT_LOG, "config": {"base_dir": str(home.dagster / "history" / "runs")}}
        left = {"compute_logs": PRINTED, "event_log_storage": events} if in_terminal else {}
        ref = InstanceRef.from_dir(str(home.dagster), overrides=left)
        for folder in damaged_history(home):
            _begin_anew(folder)
        try:
            return _opened(ref)
        except DatabaseError as error:
            if isinstance(error, OperationalError):
                raise
            _begin_anew(home.dagster / "history")
            return _opened(ref)


def _opened(ref: InstanceRef) -> dg.DagsterInstance:
    made = dg.DagsterInstance.from_ref(ref)
    made.get_runs(limit=1)
    return made


def damaged_history(home: Home) -> list[Path]:
    """Folders of Dagster's storage with a database that is none, or was cut off."""
    found = (path for path in sorted(home.dagster.glob("*/**/*.db")) if not _is_whole(path))
    return sorted({home.dagster / path.relative_to(home.dagster).parts[0] for path in found})


def _is_whole(path: Path) -> bool:
    """Whether a file of SQLite is as long as it says. One that is empty has just been made; what another lacks may
    stand in its log.
    """
    log = path.with_name(f"{path.name}-wal")
    with path.open("rb") as stream:
        head = stream.read(100)
    if not head or (log.exists() and log.stat().st_size):
        return True
    page = int.from_bytes(head[16:18], "big")
    length = (65_536 if page == 1 else page) * int.from_bytes(head[28:32], "big")
    return head.startswith(b"SQLite format 3\0") and length <= path.stat().st_size


def _begin_anew(folder: Path) -> None:
    """Dagster keeps what it shows of runs there, and nothing that a release is made of."""
    shutil.rmtree(folder)
    print(f"dagster/{folder.name} was damaged: the history of runs begins anew", file=sys.stderr)


def end_dead_runs(made: dg.DagsterInstance, home: Home) -> None:
    """Tell Dagster of runs whose process is gone, whoever launched them, so that nothing waits for them."""
    under_way = made.get_run_records(dg.RunsFilter(statuses=LAUNCHED))
    for record in under_way:
        # It may have waited in the queue since it was made.
        run_id, launched = record.dagster_run.run_id, record.update_timestamp.timestamp()
        held = is_held(home, run_id)
        if held or (held is None and time.time() - launched < settings().start_seconds):
            continue
        # It may have ended well since its record was read.
        run = made.get_run_by_id(run_id)
        if run and run.status == dg.DagsterRunStatus.CANCELING:
            made.report_run_canceled(run)
        elif run and run.status in LAUNCHED:
            made.report_run_failed(run, ENDED_BEFORE)
            made.add_run_tags(run_id, {DIED: "true"})
    forget(home, {record.dagster_run.run_id for record in under_way})


def died(made: dg.DagsterInstance, jobs: Collection[str]) -> list[str]:
    """The last runs of some jobs, the latest first, as far as one after another died; no more than `TRIES`.

    A run that another one launched in its process died with it, and counts once.
    """
    last = [run for run in made.get_runs(limit=10 * TRIES) if run.job_name in jobs and LAUNCHED_BY not in run.tags]
    return [run.run_id for run in takewhile(lambda run: DIED in run.tags, last[:TRIES])]
