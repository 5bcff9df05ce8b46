"""The dbt steps one after another, without Dagster and dbt's own tests: for databases that nobody publishes.

Belongs here: what marts as of a date and benchmarks need. Not here: runs that publish; these are Dagster's job, whose
assets take the same steps (`assets/dbt.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import partial

from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.landing.store import LandingState
from orchestration.sources.catalogue import TRADE
from orchestration.warehouse import snapshot
from orchestration.warehouse.categories import own_categories
from orchestration.warehouse.dbt import DbtOutcome, Window, run_by_months, run_dbt
from orchestration.warehouse.nodes import Step, monthly, untested_views, windowed
from orchestration.warehouse.plan import Built, Plan, plan
from orchestration.warehouse.raw import write_raw, write_trade_schema
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
    for source in TRADE.values():
        write_trade_schema(home, source)
    snapshot.write(state, home.warehouse / "landing", own_categories(home))
    work, built = plan(home, state), Built.read(home)
    for steps, run in _runs(home, work):
        for step in steps:
            built = work.begun(built, step)
        built.write(home, at_work=True)
        outcome = run()
        if outcome.failures:
            raise RefusalError("dbt: " + "\n".join(outcome.failures))
        for step in steps:
            built = work.having(built, step)
        built.write(home)


def _runs(home: Home, work: Plan) -> Iterator[tuple[tuple[Step, ...], Callable[[], DbtOutcome]]]:
    """The runs of dbt, each with the steps that it takes: as few as there can be, if the facts fit into one batch."""
    dimensions, facts, marts = work.stale_of("dimensions"), work.stale_of("facts"), work.stale_of("marts")
    months = work.replaced()
    at_once = len(work.batches(months)) == 1 and not work.categories_of(marts)
    # A window would stay in views, which dimensions are read through.
    if at_once and (work.full or not untested_views() & set(dimensions)):
        window = None if work.full else work.window(months)
        everything = partial(run_dbt, home, [*dimensions, *facts, *marts], window=window, tests=False)
        yield ("dimensions", "facts", "marts"), partial(everything, full_refresh=work.full)
        return
    yield ("dimensions",), partial(run_dbt, home, dimensions, full_refresh=work.full, tests=False)
    if at_once:
        yield ("facts", "marts"), partial(run_dbt, home, [*facts, *marts], window=work.window(months), tests=False)
    else:
        yield ("facts",), partial(build_facts, home, work, facts, work.full)
        yield ("marts",), partial(build_marts, home, work, marts, work.full)


def build_facts(home: Home, work: Plan, names: Collection[str], anew: bool) -> DbtOutcome:
    """Facts by name: their stale months, or all months anew."""
    return run_by_months(home, names, work.batches(work.replaced(names)), full_refresh=anew)


def build_marts(home: Home, work: Plan, names: Collection[str], anew: bool) -> DbtOutcome:
    """Marts by name: first what categories make stale, of all months, then what months do; or all anew.

    Apart, since a model reads all months of the one and some of the other; no row hangs on another scheme.
    """
    categories = {} if anew else work.categories_of(names)
    if categories:
        by_months = work.by_months(names)
        window = Window(stale={name: {} for name in monthly()}, categories=categories)
        outcome = run_dbt(home, categories if by_months else names, window=window)
        if outcome.failures or not by_months:
            return outcome
    return _build_months(home, work, names, anew)


def _build_months(home: Home, work: Plan, names: Collection[str], anew: bool) -> DbtOutcome:
    """The stale months of marts by name, the monthly sums among them first if these do not fit into one batch."""
    sums = [name for name in windowed("marts") if name in names]
    months = work.replaced(sums)
    batches = work.batches(months)
    if len(batches) == 1:
        return run_dbt(home, names, window=None if anew else work.window(months), full_refresh=anew)
    summed = run_by_months(home, sums, batches, full_refresh=anew)
    if summed.failures:
        return summed
    rest = run_dbt(home, set(names) - set(sums), window=None if anew else work.window(months), full_refresh=anew)
    return DbtOutcome([*summed.events, *rest.events], rest.failures)
