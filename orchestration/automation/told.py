"""Telling Dagster what happened without a run: that nothing was new, and what is late."""

from __future__ import annotations

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluation

from orchestration.assets.landing import judged, overdue
from orchestration.base.settings import Home
from orchestration.landing.store import LandingState


def tell_unchanged(made: dg.DagsterInstance, home: Home, state: LandingState, release_id: str) -> None:
    """An observation of `release`, and the check `nothing_overdue` as of today; both without a run."""
    check = dg.AssetKey("landing_receipts"), "nothing_overdue"
    said = judged(overdue(home, state))
    made.report_runless_asset_event(
        dg.AssetObservation("release", metadata={"outcome": "unchanged", "release_id": release_id})
    )
    made.report_runless_asset_event(AssetCheckEvaluation(*check, **said))
