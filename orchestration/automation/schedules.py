"""When the warehouse runs by itself."""

import dagster as dg

from orchestration.assets.landing import overdue
from orchestration.automation.jobs import publish
from orchestration.base.months import spans
from orchestration.base.settings import Home
from orchestration.landing.store import Landing
from orchestration.sources.gacc.calendar import BEIJING
from orchestration.sources.gacc.offer import OFFER as GACC

#: Months that have come out; with a dataset behind it, those that it lacks.
DUE_TAG = "bonded/due"


@dg.schedule(
    job=publish,
    cron_schedule="0 17 20 * *",
    execution_timezone="Asia/Shanghai",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="The detail query shows a new month on the 20th: take in what the inbox holds, and show for each open "
    "dataset which months are due and not there, with the query to download and the folder to save it to.",
)
def detail_release_day(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """One run, tagged with the months that came out last and, by dataset, with all that are due and not there.

    It builds the months of the files that wait: a partition of its own would show the due month as materialized,
    received or not.
    """
    today, home = context.scheduled_execution_time.astimezone(BEIJING).date(), Home.default()
    late = overdue(home, Landing(home).state(), today)
    for status in late:
        context.log.info(f"{status.name}: {spans(status.due)} due and not there")
    lacking = {f"{DUE_TAG}.{status.name}": spans(status.due) for status in late}
    return dg.RunRequest(tags={DUE_TAG: spans(GACC.last_out(today)), **lacking})
