"""What `bonded status` says of the last run that failed: any run, however it ended, until one ends well."""

from __future__ import annotations

import json
from collections.abc import Callable

import dagster as dg
import pytest

from orchestration.automation.instance import ENDED_BEFORE, instance
from orchestration.base.settings import Home
from orchestration.releases.settled import inputs, settle
from orchestration.warehouse.run_locks import _held, hold

Said = Callable[[], dict[str, str] | None]


@dg.op
def breaks() -> None:
    """A step that a rule refuses."""
    raise dg.Failure("the raw file of 2024-02 cannot be read")


@dg.op
def runs_out() -> None:
    """A step that the system stops."""
    raise MemoryError("no more than 1,500 MB")


@dg.job
def of_breaks() -> None:
    """A run that a rule refuses."""
    breaks()


@dg.job
def of_runs_out() -> None:
    """A run that the system stops."""
    runs_out()


JOBS = {"breaks": of_breaks, "runs_out": of_runs_out}


@pytest.fixture(autouse=True)
def events() -> None:
    """Keep Dagster's events where they are read from."""


@pytest.fixture
def said(bonded) -> Said:
    """The last failure, as the command says it to a program; a person reads the same."""

    def ask() -> dict[str, str] | None:
        failure: dict[str, str] | None = json.loads(bonded("status", "--json")[1])["last_failure"]
        told = ", ".join(failure.values()) if failure else "none since the last release"
        assert f"last failure: {told}\n" in bonded("status")[1]
        return failure

    return ask


@pytest.mark.parametrize(
    ("step", "why"), [("breaks", "the raw file of 2024-02 cannot be read"), ("runs_out", "MemoryError")]
)
def test_a_step_that_failed(home: Home, said: Said, step: str, why: str) -> None:
    """Its run, its job and its reason, until a run has ended well."""
    assert said() is None and not home.dagster.exists(), "looking leaves nothing"
    with instance(home) as made:
        run = JOBS[step].execute_in_process(instance=made, raise_on_error=False)
    failure = said()
    assert failure and (failure["run_id"], failure["job"]) == (run.run_id, f"of_{step}")
    assert step in failure["why"] and why in failure["why"]
    settle(home, inputs(home))
    assert said() is None


def test_a_run_that_was_killed(home: Home, said: Said) -> None:
    """It counts as soon as its process is gone, whether Dagster knows or not; one at work has not failed."""
    with instance(home) as made:
        run = made.create_run_for_job(JOBS["breaks"], status=dg.DagsterRunStatus.STARTED)
        assert said() is None, "it may just be starting"
        hold(home, run.run_id)
        assert said() is None, "it is at work"
        _held.pop(run.run_id).release()
        failure = {"run_id": run.run_id, "job": "of_breaks", "why": ENDED_BEFORE}
        assert said() == failure
        made.report_run_failed(run, ENDED_BEFORE)
        assert said() == failure
