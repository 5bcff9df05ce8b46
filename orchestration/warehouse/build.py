"""The dbt steps one after another, without Dagster: for databases that nobody publishes.

Belongs here: what marts as of a date and benchmarks need. Not here: runs that publish; these are Dagster's job, whose
assets take the same steps (`assets/dbt.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.landing.store import LandingState
from orchestration.warehouse import snapshot
from orchestration.warehouse.dbt import DIMENSIONS, FACTS, MARTS, DbtOutcome, run_by_months, run_dbt
from orchestration.warehouse.plan import Built, Plan, plan
from orchestration.warehouse.raw import write_raw
from orchestration.warehouse.raw_documents import READERS, receipts_of, write_document, write_schema


def write_raw_files(home: Home, state: LandingState) -> None:
    """Write the raw files of a landing state that are not there yet."""
    for receipt in state.active:
        write_raw(home, receipt, receipt.scope.month_list)
    for reader in READERS.values():
        write_schema(home, reader)
        for document in receipts_of(reader, state):
            write_document(home, reader, document)


def build(home: Home, state: LandingState) -> None:
    """Bring the build database of a home to a landing state; raw files must be there. `RefusalError` if dbt fails."""
    snapshot.write(state, home.warehouse / "landing")
    work = plan(home, state)
    for outcome in _steps(home, work):
        if outcome.failures:
            raise RefusalError("dbt: " + "\n".join(outcome.failures))
    Built(code=work.code, facts=state.sequence, marts=state.sequence, months=work.fingerprints).write(home)


def _steps(home: Home, work: Plan) -> Iterator[DbtOutcome]:
    """Dimensions, which know no window; then facts and marts, at once if the facts fit into one batch."""
    yield run_dbt(home, DIMENSIONS, exclude=FACTS, full_refresh=work.full)
    if len(work.batches) == 1:
        months = None if work.full else work.batches[0]
        yield run_dbt(home, f"{FACTS} {MARTS}", months=months, full_refresh=work.full)
    else:
        yield run_by_months(home, FACTS, work.batches, full_refresh=work.full)
        yield run_dbt(home, MARTS, full_refresh=work.full)
