"""When the warehouse runs by itself: on the days on which sources bring out a month.

Belongs here: one schedule a source that says when (`Source.release_cron`, `RELEASE_CRON` of documents). One that can be
asked is asked, then published; of the others the inbox is taken in. Not here: the calendars, which are theirs.
"""

import datetime as dt
from collections.abc import Iterable
from zoneinfo import ZoneInfo

import dagster as dg

from orchestration.assets.fetch import WEBS, cron_of, none_active
from orchestration.assets.landing import overdue
from orchestration.automation.jobs import ask_and_do_what_is_due, fetch_and_publish, publish
from orchestration.base.months import spans
from orchestration.base.settings import Home
from orchestration.landing.fetching import active
from orchestration.landing.store import Landing
from orchestration.sources.catalogue import TRADE, time_zone_of
from orchestration.sources.source import Source

#: Months that have come out; with a dataset behind it, those that it lacks.
DUE_TAG = "bonded/due"
#: The source that a run asks.
ASKED_TAG = "bonded/asked"
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
        today, lacking = _lacking(context, source.name, source.time_zone)
        return dg.RunRequest(tags={DUE_TAG: spans(source.last_out(today)), **lacking})

    return tick


def asking_day(source: str) -> dg.ScheduleDefinition:
    """The schedule of one source that can be asked, in its time zone; it is on unless somebody stops it."""

    @dg.schedule(
        job=fetch_and_publish,
        name=f"fetch_{source}",
        cron_schedule=cron_of(source) or "",
        execution_timezone=time_zone_of(source),
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Ask {source} for what the home has made active and is due, out and not there, or revised; then "
        "do what the job publish does. Launches nothing where nothing of it is active.",
    )
    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        """One run without a month, tagged by dataset with all that is due and not there as far as is known."""
        home = Home.default()
        if not active(Landing(home).state(), source):
            return dg.SkipReason(none_active(home, source))
        _, lacking = _lacking(context, source, time_zone_of(source))
        config = {"ops": {ask_and_do_what_is_due.name: {"config": {"source": source}}}}
        return dg.RunRequest(run_config=config, tags={ASKED_TAG: source, **lacking})

    return tick


def _lacking(context: dg.ScheduleEvaluationContext, source: str, zone: str) -> tuple[dt.date, dict[str, str]]:
    """The day of a tick, where the source is, and as tags by dataset the months that are due and not there."""
    today = context.scheduled_execution_time.astimezone(ZoneInfo(zone)).date()
    home = Home.default()
    late = [s for s in overdue(home, Landing(home).state(), today) if _is_of(source, s.dataset.source)]
    for status in late:
        context.log.info(f"{status.name}: {spans(status.due)} due and not there")
    return today, {f"{DUE_TAG}.{status.name}": spans(status.due) for status in late}


def _is_of(source: str, name: str) -> bool:
    """Whether a dataset's source is this one, or a sample of it, which comes out on the same days."""
    return source in (name, TRADE[name].sample_of)


def schedules_of(sources: Iterable[Source]) -> list[dg.ScheduleDefinition]:
    """A schedule for each source that says when its figures come out; none for one that makes them up, or is asked."""
    mine = [source for source in sources if source.web is None and not source.is_synthetic]
    return [release_day(source) for source in mine if source.release_cron]


SCHEDULES = [*schedules_of(TRADE.values()), *(asking_day(source) for source in WEBS if cron_of(source))]
