"""What follows on runs, whoever launched them: somebody is told what they came to, old ones are forgotten."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from orchestration.automation.history import forget_old_runs
from orchestration.automation.news import tell_news
from orchestration.base.settings import Home, settings


@contextmanager
def followed(made: dg.DagsterInstance, home: Home) -> Iterator[None]:
    """In a terminal: what happens within is followed by what follows on a run."""
    begun = time.time()
    yield
    for warning in tell_news(made, home, begun):
        print(warning, file=sys.stderr)
    forget_old_runs(made)


@dg.sensor(
    name="after_runs",
    minimum_interval_seconds=settings().inbox_interval_seconds,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells whoever BONDED_NOTIFY names what runs came to, killed ones too, and which months are overdue; "
    "forgets runs older than BONDED_KEEP_RUN_DAYS that nothing shown here comes from. Launches none.",
)
def after_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """For runs of the UI and of the daemon; `bonded run` does not wait for it."""
    warnings = tell_news(context.instance, Home.default(), time.time())
    for warning in warnings:
        context.log.warning(warning)
    forgotten = forget_old_runs(context.instance)
    return dg.SkipReason("; ".join([*warnings, f"{forgotten} old runs forgotten" if forgotten else "Done."]))
