"""The dbt steps one after another, without Dagster: for databases that nobody publishes.

Belongs here: what marts as of a date and benchmarks need. Not here: runs that publish; these are Dagster's job, whose
assets take the same steps (`assets/dbt.py`).
"""

from __future__ import annotations

from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.landing.store import LandingState
from orchestration.warehouse import snapshot
from orchestration.warehouse.dbt import DIMENSIONS, FACTS, MARTS, run_by_months, run_dbt
from orchestration.warehouse.plan import Built, plan


def build(home: Home, state: LandingState) -> None:
    """Bring the build database of a home to a landing state; raw files must be there. `RefusalError` if dbt fails."""
    snapshot.write(state, home.warehouse / "landing")
    work = plan(home, state)
    for step in (
        lambda: run_dbt(home, DIMENSIONS, exclude=FACTS, full_refresh=work.full),
        lambda: run_by_months(home, FACTS, work.batches, full_refresh=work.full),
        lambda: run_dbt(home, MARTS, full_refresh=work.full),
    ):
        outcome = step()
        if outcome.failures:
            raise RefusalError("dbt: " + "\n".join(outcome.failures))
    Built(code=work.code, facts=state.sequence, marts=state.sequence, months=work.fingerprints).write(home)
