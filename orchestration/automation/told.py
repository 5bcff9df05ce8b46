"""Telling Dagster what happened without a run: that nothing was new, what is late, and which files wait."""

from __future__ import annotations

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluation

from orchestration.assets.landing import accepted, judged, overdue
from orchestration.assets.shown import release_metadata
from orchestration.base.settings import Home
from orchestration.landing.inbox import InboxOutcome
from orchestration.landing.store import LandingState


def tell_unchanged(
    made: dg.DagsterInstance, home: Home, state: LandingState, inbox: InboxOutcome, release_id: str
) -> None:
    """An observation of `release`, and the checks `inbox_accepted` and `nothing_overdue` as of today."""
    shown = {"outcome": "unchanged", "release_id": release_id, **release_metadata(home, release_id)}
    made.report_runless_asset_event(dg.AssetObservation("release", metadata=shown))
    receipts = dg.AssetKey("landing_receipts")
    said = {"inbox_accepted": accepted(home, state, inbox.refused), "nothing_overdue": judged(overdue(home, state))}
    for check, outcome in said.items():
        made.report_runless_asset_event(AssetCheckEvaluation(receipts, check, **outcome))
