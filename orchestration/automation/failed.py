"""Why runs have failed, as Dagster's events tell it, and which was the last: whoever launched it, however it ended."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress

import dagster as dg
from sqlalchemy.exc import SQLAlchemyError

from orchestration.automation.instance import ENDED_BEFORE, LAUNCHED, damaged_history, instance
from orchestration.base.settings import Home
from orchestration.releases.settled import settled_at
from orchestration.warehouse.run_locks import is_held

#: So many of the last runs are looked at.
LATEST = 100


def step_failures(made: dg.DagsterInstance, run_id: str) -> list[dg.DagsterEvent]:
    """The events of the steps of a run that have failed."""
    records = made.get_records_for_run(run_id, of_type=dg.DagsterEventType.STEP_FAILURE).records
    return [record.event_log_entry.get_dagster_event() for record in records]


def reason_of(event: dg.DagsterEvent) -> str:
    """Why a step, or a run before its first step, failed: what a rule of the warehouse has said, else the error."""
    data = event.event_specific_data
    user, error = getattr(data, "user_failure_data", None), getattr(data, "error", None)
    said = user.description if user and user.description else (error.cause or error).message if error else event.message
    return str(said or "failed").strip()


def last_failed(home: Home) -> dict[str, str] | None:
    """`run_id`, `job` and `why` of the last run that failed or was cut off since a run last ended well.

    It only looks: a history of runs that is damaged, or not there, tells of none; nor does one in a home that may not
    be written to, since Dagster opens it for writing.
    """
    if not (home.dagster / "history" / "runs.db").exists() or damaged_history(home):
        return None
    with suppress(OSError, SQLAlchemyError):
        return _last_failed(home, dt.datetime.fromtimestamp(settled_at(home), dt.UTC))
    return None


def _last_failed(home: Home, since: dt.datetime) -> dict[str, str] | None:
    of = dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE, *LAUNCHED], updated_after=since)
    with instance(home) as made:
        for run in (record.dagster_run for record in made.get_run_records(of, limit=LATEST)):
            if run.status in LAUNCHED and is_held(home, run.run_id) is not False:
                continue
            said = "; ".join(f"{event.step_key}: {reason_of(event)}" for event in step_failures(made, run.run_id))
            return {"run_id": run.run_id, "job": run.job_name, "why": said or ENDED_BEFORE}
    return None
