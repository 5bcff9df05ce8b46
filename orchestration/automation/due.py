"""Building what is due: one run of the assets over the months that need it, in this process, and how it ended.

Belongs here: what `bonded run` and the job `publish` have in common. Not here: whether anything is due
(`releases.settled`), nor taking in the inbox (`landing`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import dagster as dg

from orchestration.assets.release import COMPARISONS
from orchestration.automation.failed import reason_of
from orchestration.automation.instance import end_dead_runs
from orchestration.base.interrupt import stop_if_asked
from orchestration.base.months import format_month
from orchestration.base.settings import Home
from orchestration.landing.inbox import InboxOutcome
from orchestration.releases.settled import made_from, settle


@dataclass(frozen=True)
class Done:
    """What a run of the assets came to: published, unchanged or failed. `failure` says why nothing was published;
    `counts`: comparisons of its audit by verdict. `by_system`: it has failed, and no rule of the warehouse said so.
    """

    outcome: str
    failure: str | None = None
    counts: dict[str, int] = field(default_factory=dict)
    by_system: bool = False


def build_due(
    made: dg.DagsterInstance,
    home: Home,
    job: dg.JobDefinition,
    inbox: InboxOutcome,
    *,
    months: Sequence[dt.date] = (),
    tags: Mapping[str, str] | None = None,
    run_id: str | None = None,
    loggers: Sequence[str] = (),
) -> Done:
    """Run the job of assets on the stale months, and on those asked for; `inbox` has been taken in before.

    What ended well is remembered as settled, as far as this process has run the code that now lies there.
    """
    of = made_from(home)
    tags = dict(tags or {})
    if months:
        tags["dagster/asset_partition_range_start"] = format_month(months[0])
        tags["dagster/asset_partition_range_end"] = format_month(months[-1])
    end_dead_runs(made, home)
    result = job.execute_in_process(
        instance=made,
        raise_on_error=False,
        run_config={"loggers": {name: {} for name in loggers}} if loggers else None,
        run_id=run_id,
        tags=tags,
        resources={"inbox": lambda *_: inbox},
    )
    if result.success:
        with suppress(OSError):  # the next run looks at everything
            settle(home, of)
        of_release = result.asset_materializations_for_node("release")
        (release,) = [event for event in of_release if event.asset_key == dg.AssetKey("release")]
        counts = {
            name.removeprefix(COMPARISONS): said.value
            for name, said in release.metadata.items()
            if name.startswith(COMPARISONS) and isinstance(said.value, int)
        }
        return Done(str(release.metadata["outcome"].value), counts=counts)
    stop_if_asked()
    failures = [e for e in result.all_events if e.event_type == dg.DagsterEventType.STEP_FAILURE]
    failures = failures or [e for e in result.all_events if e.is_failure]
    reasons = "\n".join(_reason(e) for e in failures)
    by_system = not any(getattr(e.event_specific_data, "user_failure_data", None) for e in failures)
    return Done("failed", reasons or "the run ended without saying why; see the Dagster UI", by_system=by_system)


def _reason(event: Any) -> str:
    """Why a step, or a run before its first step, failed; what no rule has said names its step."""
    user = getattr(event.event_specific_data, "user_failure_data", None)
    return reason_of(event) if user and user.description else f"{event.step_key or 'run'}: {reason_of(event)}"
