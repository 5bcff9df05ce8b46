"""When the warehouse runs because something has arrived.

Belongs here: whether to launch a run. Not here: which files a run takes in; the asset `landing_receipts` decides that.
"""

import hashlib
import time

import dagster as dg

from orchestration.assets.fetch import FETCHED
from orchestration.automation.instance import LAUNCHED, TRIES, died, end_dead_runs
from orchestration.automation.jobs import build_and_publish, fetch_and_publish, publish
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
    "there are, or when the last run was killed. None while a run is queued or under way, none twice for the same "
    "files, and none after three that were killed one after another.",
)
def inbox_files(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """One run for all complete files; nothing is opened here, and the cursor is a hash of what was asked for last."""
    home = Home.default()
    end_dead_runs(context.instance, home)
    jobs = (publish.name, build_and_publish.name, fetch_and_publish.name)
    dead, new = died(context.instance, jobs), new_files(home)
    before = time.time() - settings().inbox_quiet_seconds
    complete = [file for file in new if file.quiet_since() <= before]
    # What a killed run has taken in is not new any more, and must not wait for another file.
    is_cut_off = 0 < len(dead) < TRIES
    if not complete and not is_cut_off:
        return dg.SkipReason(_why_none(new, dead))
    running = [run for run in context.instance.get_runs(dg.RunsFilter(statuses=UNDER_WAY)) if not _only_asks(run)]
    if running:
        what = _named(new) or f"what run {dead[0][:8]} left"
        return dg.SkipReason(f"Run {running[0].run_id[:8]} is queued or under way; {what}: next.")
    cursor = _digest(complete)
    if cursor == context.cursor and not is_cut_off:
        # Whatever stopped that run would stop the next one, twice a minute.
        return dg.SkipReason(
            f"{_named(complete)}: a run was launched and did not take them in; see why it failed, then launch "
            f"{publish.name} or reset the cursor of this sensor."
        )
    tags = {"bonded/files": str(len(complete)), **({"bonded/carries_on": dead[0]} if is_cut_off else {})}
    return dg.SensorResult(run_requests=[dg.RunRequest(tags=tags)], cursor=cursor)


def _only_asks(run: dg.DagsterRun) -> bool:
    """Whether a run asks publishers, which may take hours and holds up nobody; what it then builds is another run."""
    return run.job_name == fetch_and_publish.name or bool(run.asset_selection and run.asset_selection <= FETCHED)


def _why_none(new: list[Waiting], dead: list[str]) -> str:
    if new:
        return f"{_named(new)}: still being written."
    if dead:
        return f"The last {TRIES} runs were killed before they ended: see why, then launch {publish.name}."
    return "No new file in the inbox."


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
