"""Telling Dagster what happened without a run: that nothing was new, what is late, and which files wait."""

from __future__ import annotations

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluation

from orchestration.assets.landing import accepted, judged, overdue
from orchestration.assets.shown import release_metadata
from orchestration.base.settings import Home
from orchestration.landing.inbox import InboxOutcome
from orchestration.landing.store import LandingState

RECEIPTS = dg.AssetKey("landing_receipts")


def tell_unchanged(
    made: dg.DagsterInstance, home: Home, state: LandingState, inbox: InboxOutcome, release_id: str
) -> None:
    """An observation of `release`, and the checks `inbox_accepted` and `nothing_overdue` as of today."""
    shown = {"outcome": "unchanged", "release_id": release_id, **release_metadata(home, release_id)}
    made.report_runless_asset_event(dg.AssetObservation("release", metadata=shown))
    made.report_runless_asset_event(AssetCheckEvaluation(RECEIPTS, "nothing_overdue", **judged(overdue(home, state))))
    tell_refused(made, home, state, inbox)


def tell_refused(made: dg.DagsterInstance, home: Home, state: LandingState, inbox: InboxOutcome) -> None:
    """The check `inbox_accepted`."""
    said = accepted(home, state, inbox.refused)
    made.report_runless_asset_event(AssetCheckEvaluation(RECEIPTS, "inbox_accepted", **said))
