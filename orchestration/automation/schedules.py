"""When the warehouse runs by itself."""

import dagster as dg

from orchestration.automation.jobs import publish
from orchestration.base.months import format_month
from orchestration.sources.gacc.calendar import BEIJING, last_due

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
    """One run, tagged with the month that is due. It builds the months of the files that wait: a partition of its own
    would show the due month as materialized, received or not.
    """
    today = context.scheduled_execution_time.astimezone(BEIJING).date()
    return dg.RunRequest(tags={DUE_TAG: format_month(last_due(today))})
