"""The dbt steps one after another, without Dagster: for databases that nobody publishes.

Belongs here: what marts as of a date and benchmarks need. Not here: runs that publish; these are Dagster's job, whose
assets take the same steps (`assets/dbt.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.landing.store import LandingState
from orchestration.warehouse import snapshot
from orchestration.warehouse.dbt import DbtOutcome, run_by_months, run_dbt
from orchestration.warehouse.nodes import Step, names_of
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
    work, built = plan(home, state), Built.read(home)
    for steps, run in _runs(home, work):
        for step in steps:
            built = work.begun(built, step)
        built.write(home)
        outcome = run()
        if outcome.failures:
            raise RefusalError("dbt: " + "\n".join(outcome.failures))
        for step in steps:
            built = work.having(built, step)
        built.write(home)


def _runs(home: Home, work: Plan) -> Iterator[tuple[tuple[Step, ...], Callable[[], DbtOutcome]]]:
    """The runs of dbt, each with the steps that it takes: facts and marts at once if the facts fit into one batch."""
    marts, window = work.stale_of("marts"), None if work.full else work.window
    yield ("dimensions",), lambda: run_dbt(home, work.stale_of("dimensions"), full_refresh=work.full)
    facts = names_of("facts") if work.months or work.full else []
    if len(work.batches) == 1:
        names = [*facts, *marts]
        yield ("facts", "marts"), lambda: run_dbt(home, names, window=window, full_refresh=work.full)
    else:
        yield ("facts",), lambda: run_by_months(home, facts, work.batches, full_refresh=work.full)
        yield ("marts",), lambda: run_dbt(home, marts, window=window, full_refresh=work.full)
