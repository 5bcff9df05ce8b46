"""Telling Dagster what happened without a run: that nothing was new, what is late, which files were refused."""

from __future__ import annotations

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluation

from orchestration.assets.landing import accepted, judged, overdue
from orchestration.automation.after import followed
from orchestration.automation.instance import instance
from orchestration.base.settings import Home
from orchestration.landing.inbox import InboxOutcome
from orchestration.landing.store import LandingState

RECEIPTS = dg.AssetKey("landing_receipts")


def tell_unchanged(home: Home, state: LandingState, release_id: str, inbox: InboxOutcome) -> None:
    """An observation of `release`, the check `nothing_overdue` as of today, and refused files; all without a run."""
    said = judged(overdue(home, state))
    with instance(home) as made, followed(made, home):
        made.report_runless_asset_event(
            dg.AssetObservation("release", metadata={"outcome": "unchanged", "release_id": release_id})
        )
        made.report_runless_asset_event(AssetCheckEvaluation(RECEIPTS, "nothing_overdue", **said))
        _tell_refused(made, inbox)


def tell_refused(home: Home, inbox: InboxOutcome) -> None:
    """The check `inbox_accepted` of files that were refused where there was nothing else, without a run."""
    with instance(home) as made, followed(made, home):
        _tell_refused(made, inbox)


def _tell_refused(made: dg.DagsterInstance, inbox: InboxOutcome) -> None:
    if inbox.refused:
        made.report_runless_asset_event(AssetCheckEvaluation(RECEIPTS, "inbox_accepted", **accepted(inbox)))
