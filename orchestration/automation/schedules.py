"""When the warehouse runs by itself: on the days on which sources bring out a month.

Belongs here: one schedule a source that says when (`Source.release_cron`). Not here: the calendars, which are theirs.
"""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

import dagster as dg

from orchestration.assets.landing import overdue
from orchestration.automation.jobs import publish
from orchestration.base.months import spans
from orchestration.base.settings import Home
from orchestration.landing.store import Landing
from orchestration.sources.catalogue import TRADE
from orchestration.sources.source import Source

#: Months that have come out; with a dataset behind it, those that it lacks.
DUE_TAG = "bonded/due"
#: What is not called by its source: an instance remembers by name whether a schedule was stopped.
NAMES = {"gacc": "detail_release_day"}


def release_day(source: Source) -> dg.ScheduleDefinition:
    """The schedule of one source, in its time zone; it is on unless somebody stops it."""

    @dg.schedule(
        job=publish,
        name=NAMES.get(source.name, f"{source.name}_release_day"),
        cron_schedule=source.release_cron or "",
        execution_timezone=source.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"A day on which figures come out: {source.publisher}. Take in what the inbox holds, and show for "
        "each open dataset of theirs which months are due and not there, with the query to download and the folder to "
        "save it to.",
    )
    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        """One run, tagged with the months that came out last and, by dataset, with all that are due and not there.

        It builds the months of the files that wait: a partition of its own would show the due month as materialized,
        received or not.
        """
        today = context.scheduled_execution_time.astimezone(ZoneInfo(source.time_zone)).date()
        home = Home.default()
        late = [s for s in overdue(home, Landing(home).state(), today) if _is_of(source, s.dataset.source)]
        for status in late:
            context.log.info(f"{status.name}: {spans(status.due)} due and not there")
        lacking = {f"{DUE_TAG}.{status.name}": spans(status.due) for status in late}
        return dg.RunRequest(tags={DUE_TAG: spans(source.last_out(today)), **lacking})

    return tick


def _is_of(source: Source, name: str) -> bool:
    """Whether a dataset's source is this one, or a sample of it, which comes out on the same days."""
    return source.name in (name, TRADE[name].sample_of)


def schedules_of(sources: Iterable[Source]) -> list[dg.ScheduleDefinition]:
    """A schedule for each source that says when its figures come out; none for one that makes them up."""
    return [release_day(source) for source in sources if source.release_cron and not source.is_synthetic]


SCHEDULES = schedules_of(TRADE.values())
