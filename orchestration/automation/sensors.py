"""When the warehouse runs because something has arrived.

Belongs here: whether to launch a run. Not here: which files a run takes in; the asset `landing_receipts` decides that.
"""

import hashlib
import time

import dagster as dg

from orchestration.automation.instance import LAUNCHED, end_dead_runs
from orchestration.automation.jobs import publish
from orchestration.base.plain import printable
from orchestration.base.settings import Home, settings
from orchestration.landing.known import Known
from orchestration.landing.listing import Waiting, listing
from orchestration.landing.store import Landing

#: Whatever runs, or will by itself.
UNDER_WAY = [dg.DagsterRunStatus.QUEUED, *LAUNCHED]


@dg.sensor(
    job=publish,
    minimum_interval_seconds=settings().inbox_interval_seconds,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Launches one run when files in the inbox have come to rest that no run has looked at, however many "
    "there are. None while a run is queued or under way, and none twice for the same files.",
)
def inbox_files(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """One run for all complete files; nothing is opened here, and the cursor is a hash of what was asked for last."""
    home = Home.default()
    end_dead_runs(context.instance, home)
    new = new_files(home)
    if not new:
        return dg.SkipReason("No new file in the inbox.")
    before = time.time() - settings().inbox_quiet_seconds
    complete = [file for file in new if file.quiet_since() <= before]
    if not complete:
        return dg.SkipReason(f"{_named(new)}: still being written.")
    running = context.instance.get_runs(dg.RunsFilter(statuses=UNDER_WAY), limit=1)
    if running:
        return dg.SkipReason(f"Run {running[0].run_id[:8]} is queued or under way; {_named(new)}: next.")
    cursor = _digest(complete)
    if cursor == context.cursor:
        # Whatever stopped that run would stop the next one, twice a minute.
        return dg.SkipReason(
            f"{_named(complete)}: a run was launched and did not take them in; see why it failed, then launch "
            f"{publish.name} or reset the cursor of this sensor."
        )
    request = dg.RunRequest(tags={"bonded/files": str(len(complete))})
    return dg.SensorResult(run_requests=[request], cursor=cursor)


def new_files(home: Home) -> list[Waiting]:
    """Files of the inbox that no run has looked at as they are now; all of them if landing lacks what runs saw."""
    known = Known.read(home)
    if known.sequence > Landing(home).last_sequence():
        known = Known()
    return [file for file in listing(home).files if not known.has_seen(file)]


def _digest(files: list[Waiting]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(repr((file.relative, file.mark, file.sidecar)).encode())
    return digest.hexdigest()[:16]


def _named(files: list[Waiting]) -> str:
    names = ", ".join(printable(file.relative)[:100] for file in files[:3])
    return names if len(files) <= 3 else f"{names} and {len(files) - 3:,} more"
