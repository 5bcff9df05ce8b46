"""Stages staging, core and marts: the dbt models, in three steps, so that one failing test stops what hangs on it.

Dimensions, then facts by month, then their monthly sums and the marts, each told its stale months.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from orchestration.assets.code import dbt_code
from orchestration.assets.common import (
    MONTHS,
    OWNERS,
    SINGLE_RUN,
    Figures,
    Warehouse,
    figures_by_month,
    months_of,
    must_be_received,
    snapshot_state,
    tell_months,
)
from orchestration.base.duck import reading
from orchestration.base.months import format_month
from orchestration.base.settings import Home
from orchestration.claims.load import load_claims
from orchestration.landing.store import Landing, LandingState
from orchestration.sources.catalogue import TRADE
from orchestration.warehouse.build import build_facts, build_marts
from orchestration.warehouse.categories import own_categories
from orchestration.warehouse.dbt import DbtOutcome, Event, manifest, run_dbt
from orchestration.warehouse.nodes import Step, built_nodes, fingerprints, names_of
from orchestration.warehouse.plan import Built, Plan, plan
from orchestration.warehouse.raw import raw_path, trade_schema_path
from orchestration.warehouse.raw_documents import missing_raw

#: How each step builds models of a plan by name; the last argument: all months anew.
BUILDERS: dict[Step, Callable[[Home, Plan, Collection[str], bool], DbtOutcome]] = {
    "dimensions": lambda home, _, names, anew: run_dbt(home, names, full_refresh=anew),
    "facts": build_facts,
    "marts": build_marts,
}


class Translator(DagsterDbtTranslator):
    """Groups by stage, owners, and months for what is built by month."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The stage: seeds with core, models by their folder."""
        return "core" if dbt_resource_props["resource_type"] == "seed" else str(dbt_resource_props["fqn"][1])

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:  # noqa: ARG002
        """The same team for all."""
        return OWNERS

    def get_metadata(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, Any]:
        """And where the SQL lies."""
        return {**super().get_metadata(dbt_resource_props), **dbt_code(dbt_resource_props)}

    def get_asset_check_spec(self, *args: Any, **said: Any) -> dg.AssetCheckSpec | None:
        """No check is blocking: a failed test fails its step, and what was not built again has none to wait for."""
        spec = super().get_asset_check_spec(*args, **said)
        return spec and spec._replace(blocking=False)


TRANSLATOR = Translator(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))


def _build(
    context: dg.AssetExecutionContext, home: Home, work: Plan, step: Step, asked: Sequence[dt.date] = ()
) -> Iterator[Any]:
    """Build what is stale of the selected models of a step, if all that they are made of reflects landing."""
    selected = context.selected_output_names & built_nodes().keys()
    _must_reflect_landing(context, home, work, selected)
    stale, built = [name for name in work.stale_of(step) if name in selected], Built.read(home)
    if work.stale & selected:
        _raw_must_exist(home, work)
    begun = work.begun(built, step, selected)
    begun.write(home, at_work=True)
    outcome = BUILDERS[step](home, work, stale, built.marts < 0 if step == "marts" else work.full)
    if step == "facts" and not outcome.failures:
        # Before dbt's events: the checks among these speak of what was materialized last.
        tell_months(context, _figures(home, selected, work.window_months(stale)), asked)
    yield from _events(context, home, outcome, work, selected - set(stale))
    work.having(begun, step, selected).write(home)


def _must_reflect_landing(context: dg.AssetExecutionContext, home: Home, work: Plan, selected: set[str]) -> None:
    """A failure that names the job, before anything is written, if some assets would be built upon what is stale."""
    behind = work.waiting(selected)
    # A run that has taken in landing itself builds from what it found then, whatever has arrived since.
    if dg.AssetKey("landing_receipts") not in context.job_def.asset_layer.executable_asset_keys:
        latest = fingerprints(Landing(home).state(), work.code, own_categories(home))
        behind += sorted(name for name in selected if latest[name] != work.models[name])
    if behind:
        raise dg.Failure(
            f"{behind[0]} does not reflect landing yet, or what it is made of was built again: launch the job publish, "
            "which builds it and what is made of it.",
            allow_retries=False,
        )


def _events(
    context: dg.AssetExecutionContext, home: Home, outcome: DbtOutcome, work: Plan, kept: Collection[str]
) -> Iterator[Any]:
    """Dagster's events for what dbt did; then a failure, if there was one, that says which node and why.

    What is kept as it is yields its output all the same: without it, all that hangs on it would be skipped. It has the
    data version that it had, so that nothing made of it looks stale.
    """
    told: list[Any] = []
    if outcome.events:
        with reading(home.build_database) as con:
            told = [found for event in outcome.events for found in _asset_events(context, con, event, work)]
    outputs = {found.output_name: found for found in told if isinstance(found, dg.Output)}
    for name in built_nodes():
        if name in outputs:
            yield outputs[name]
        elif name in kept:
            yield dg.Output(None, name, data_version=dg.DataVersion(work.models[name]))
    yield from (found for found in told if not isinstance(found, dg.Output))
    yield from _tested_before(context, kept)
    if outcome.failures:
        raise dg.Failure("dbt: " + "\n".join(outcome.failures), allow_retries=False)


def _tested_before(context: dg.AssetExecutionContext, kept: Collection[str]) -> Iterator[dg.AssetCheckResult]:
    """The checks of what is kept as it is: nothing is kept that has not passed them. Without a word, they would be
    skipped, or failed where the run fails.
    """
    for key in sorted(context.selected_asset_check_keys):
        if key.asset_key.path[-1] in kept:
            said = "Passed when this was built; it has not been built again since."
            yield dg.AssetCheckResult(passed=True, asset_key=key.asset_key, check_name=key.name, description=said)


def _asset_events(
    context: dg.AssetExecutionContext, con: duckdb.DuckDBPyConnection, event: Event, work: Plan
) -> Iterator[Any]:
    message = DbtCoreCliEventMessage(raw_event=event, event_history_metadata={})
    for found in message.to_default_asset_events(manifest(), TRANSLATOR, context):
        if isinstance(found, dg.Output):
            node = manifest()["nodes"][event["data"]["node_info"]["unique_id"]]
            # Where Dagster makes an event for each month, the figures of the table are those of none.
            table = {} if months_of(context) else _table_metadata(con, node)
            version = dg.DataVersion(work.models[node["name"]])
            yield dg.Output(None, found.output_name, metadata={**found.metadata, **table}, data_version=version)
        else:
            yield found


def _table_metadata(con: duckdb.DuckDBPyConnection, node: Mapping[str, Any]) -> dict[str, Any]:
    """Rows of a table that has just been built."""
    if node["config"]["materialized"] not in ("table", "incremental", "seed"):
        return {}
    (rows,) = con.execute(f'select count(*) from "{node["name"]}"').fetchone() or (0,)
    return {"dagster/row_count": rows}


def _figures(home: Home, facts: Collection[str], months: Sequence[dt.date]) -> dict[dg.AssetKey, Figures]:
    """By fact and month its rows, and the sums of its value in each currency that it has."""
    found: dict[dg.AssetKey, Figures] = {}
    with reading(home.build_database) as con:
        for fact in facts if months else ():
            by_month = figures_by_month(con, fact, months)
            found[dg.AssetKey(fact)] = {month: by_month.get(month, {"rows": 0}) for month in months}
    return found


def _raw_must_exist(home: Home, work: Plan) -> None:
    months = set(work.window_months())
    missing = sorted(
        (receipt.scope.source, month)
        for receipt in work.state.active
        for month in receipt.scope.month_list
        if month in months and not raw_path(home, receipt, month).exists()
    )
    if missing:
        source = missing[0][0]
        of_it = [format_month(month) for name, month in missing if name == source]
        raise dg.Failure(
            f"The raw rows of {', '.join(of_it[:12])} are not there: materialize raw_{source} for these months first, "
            "or launch the job publish."
        )


def _sources_must_be_read(home: Home, state: LandingState) -> None:
    trade = [name for name, source in TRADE.items() if not trade_schema_path(home, source).exists()]
    missing = [f"raw_{source}" for source in [*trade, *missing_raw(home, state)]]
    if missing:
        raise dg.Failure(
            f"Raw rows that models read are not there: materialize {', '.join(missing)} first, or launch the job "
            "publish."
        )


@dbt_assets(
    manifest=manifest(),
    select=" ".join(names_of("dimensions")),
    dagster_dbt_translator=TRANSLATOR,
)
def dbt_dimensions(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[Any]:
    """Staging views, reviewed seeds and dimensions."""
    home, state = warehouse.home, snapshot_state(warehouse.home)
    _sources_must_be_read(home, state)
    yield from _build(context, home, plan(home, state), "dimensions")


# None hangs on another: Dagster asks an input of a step for its partition, and a run without one would fail.
@dbt_assets(
    manifest=manifest(),
    select=" ".join(names_of("facts")),
    dagster_dbt_translator=TRANSLATOR,
    partitions_def=MONTHS,
    backfill_policy=SINGLE_RUN,
)
def dbt_facts(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[Any]:
    """Facts: the months asked for, and all whose receipts have changed since they were built."""
    home, asked = warehouse.home, months_of(context)
    state = snapshot_state(home)
    must_be_received(state, asked)
    yield from _build(context, home, plan(home, state, asked), "facts", asked)


@dbt_assets(manifest=manifest(), select=" ".join(names_of("marts")), dagster_dbt_translator=TRANSLATOR)
def dbt_marts(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[Any]:
    """Monthly sums, coverage, marts, claims: each is told its stale months."""
    home = warehouse.home
    # A run may begin here, and dbt would tell of a typo by a stack trace.
    load_claims()
    yield from _build(context, home, plan(home, snapshot_state(home)), "marts")
