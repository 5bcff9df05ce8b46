"""Runs through Dagster itself: the release asset alone, months red in the UI, records that name what they speak of."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from orchestration.assets.inspected import INSPECTED, _evaluation
from orchestration.assets.release import release
from orchestration.automation.instance import instance
from orchestration.base.settings import Home, settings
from orchestration.definitions import defs
from orchestration.gates.audit import COLUMNS
from orchestration.landing.store import Landing
from orchestration.releases.store import Releases
from orchestration.warehouse.nodes import names_of
from tests.assets.test_graph import graph
from tests.conftest import MONTHS, add, build_wrongly, many, row, tree, value

LAYERS = dg.AssetCheckKey(INSPECTED, "layers")
LATEST = "2024-04"
SUCCEEDED, FAILED = AssetCheckExecutionRecordStatus.SUCCEEDED, AssetCheckExecutionRecordStatus.FAILED


def test_a_known_error_is_green_and_told() -> None:
    """A month in which nothing but a known error was found is not orange."""
    found = {"verdict": "expected", "gate": "implied_rate", "month": dt.date(2020, 9, 1), "n_compared": 1,
             "expected": 7, "actual": 8, "difference": 1, "tolerance": 0, "reason": "known to be wrong"}  # fmt: skip
    said = _evaluation("implied_rate", "2020-09", [{**dict.fromkeys(COLUMNS), **found}], None, {}, None)
    assert said.passed and "(known to be wrong)" in str(said.description)


def materialize(home: Home, *assets: str, partition: str | None = None) -> dg.ExecuteInProcessResult:
    """Materialize some assets alone, as from their page in the UI."""
    job = dg.define_asset_job(
        "some",
        selection=dg.AssetSelection.assets(*assets) - dg.AssetSelection.checks_for_assets(INSPECTED),
        executor_def=dg.in_process_executor,
    )
    repository = dg.Definitions(assets=defs.assets, resources=defs.resources, jobs=[job])
    with home.serving(), instance(home) as made:
        return repository.resolve_job_def("some").execute_in_process(
            instance=made, raise_on_error=False, partition_key=partition
        )


def statuses(home: Home, gate: str) -> dict[str, AssetCheckExecutionRecordStatus]:
    """The latest status of each month of a gate, as the UI reads it."""
    found: dict[str, AssetCheckExecutionRecordStatus] = {}
    key = dg.AssetCheckKey(INSPECTED, gate)
    with instance(home) as made:
        for record in made.event_log_storage.get_asset_check_execution_history(key, limit=1_000):
            if record.partition is not None:
                found.setdefault(record.partition, record.status)
    return found


def told(home: Home, run_id: str | None = None) -> dict[str | None, dict[str, object]]:
    """The last figures told of each month; of those that a run has told of, without the latest.

    Of that one, in which every page of a release speaks, each page may tell anew.
    """
    with instance(home) as made:
        records = made.fetch_materializations(INSPECTED, limit=100).records
    found = [r.asset_materialization for r in reversed(records) if run_id in (None, r.run_id)]
    said_of = {said.partition: {name: said.metadata[name].value for name in said.metadata} for said in found if said}
    return {month: said for month, said in said_of.items() if run_id is None or month != LATEST}


def evaluated(result: dg.ExecuteInProcessResult) -> list[dg.AssetCheckEvaluation]:
    """The checks that a run has evaluated."""
    return [e.event_specific_data for e in result.all_events if e.event_type_value == "ASSET_CHECK_EVALUATION"]  # type: ignore


@pytest.mark.own_run("the build database is damaged before a run")
def test_the_release_alone_audits_again_and_shows_the_bad_month_only(small: Home) -> None:
    """A damaged month is found although no check was launched; nothing is published; then green again."""
    before = Releases(small).current_id()
    month = "2024-02"
    build_wrongly(small, f"update fct_trade_monthly set value_usd = value_usd + 1 where month = '{month}-01'")
    result = materialize(small, "release")
    assert not result.success and Releases(small).current_id() == before
    failures = [e for e in result.all_events if e.is_step_failure]
    assert "layers: gacc import 2024-02" in failures[0].step_failure_data.user_failure_data.description  # type: ignore
    assert f"{month} is made of first.csv (receipt " in refusal(result)
    assert all(words in refusal(result) for words in ("bonded withdraw", "bonded fetch --dataset NAME --again"))
    with instance(small) as made:
        latest = made.event_log_storage.get_asset_check_execution_history(LAYERS, limit=1)[0]
    said = latest.event.dagster_event.asset_check_evaluation_data  # type: ignore[union-attr]
    assert "first.csv" in str(said.metadata["made of"].value) and said.partition == month
    assert statuses(small, "layers") == {f"{m[:4]}-{m[4:]}": FAILED if m == "202402" else SUCCEEDED for m in MONTHS}
    build_wrongly(small, f"update fct_trade_monthly set value_usd = value_usd - 1 where month = '{month}-01'")
    mended = materialize(small, "release")
    assert mended.success and set(told(small, mended.run_id)) == {month}, "the others were green before"
    assert set(statuses(small, "layers").values()) == {SUCCEEDED}


def test_evaluations_speak_of_the_latest_materialization(small: Home) -> None:
    """Otherwise the UI would call them stale; this holds the private import to its contract."""
    key = dg.AssetCheckKey(INSPECTED, "layers")
    with instance(small) as made:
        records = made.event_log_storage.get_asset_check_execution_history(key, limit=100)
        latest = made.fetch_materializations(INSPECTED, limit=100).records
    by_month = {r.partition_key: r.storage_id for r in reversed(latest)}
    assert {r.partition for r in records} == {f"{m[:4]}-{m[4:]}" for m in MONTHS}
    for record in records:
        evaluation = record.event.dagster_event.asset_check_evaluation_data  # type: ignore[union-attr]
        assert evaluation.target_materialization_data.storage_id == by_month[record.partition]
        assert {"expected", "actual", "difference", "n_compared"} <= set(evaluation.metadata)


@pytest.mark.own_run("what one run builds and tells is tested")
def test_a_single_month_builds_what_else_is_stale(small: Home, tmp_path: Path) -> None:
    """A run of one month, asked for in the UI, publishes the other months' new receipts too, and records them. What has
    changed is told again, with figures and all verdicts; the other months keep what they were told.
    """
    assert set(told(small)) == {f"{m[:4]}-{m[4:]}" for m in MONTHS}
    add(small, tmp_path, [row("202403", value="77")], months="2024-03")
    with small.serving(), instance(small) as made:
        result = defs.resolve_job_def("build_and_publish").execute_in_process(instance=made, partition_key="2024-01")
        facts = made.fetch_materializations(dg.AssetKey("fct_trade_monthly"), limit=10).records
    assert result.success and value(small, "2024-03") == 77
    assert {r.partition_key for r in facts if r.run_id == result.run_id} == {"2024-01", "2024-03"}
    assert set(told(small, result.run_id)) == {"2024-03"}
    assert told(small)["2024-03"].items() >= {"rows": 4, "receipts": 2, "last vintage": "2025-01-20"}.items()
    gates = {(said.check_name, said.partition) for said in evaluated(result) if said.asset_key == INSPECTED}
    assert {month for _, month in gates} - {LATEST} == {"2024-03"} and ("layers", "2024-03") in gates
    assert set(statuses(small, "layers").values()) == {SUCCEEDED} and len(statuses(small, "layers")) == len(MONTHS)
    inspected = materialize(small, "inspected_month", partition="2024-02")
    assert set(told(small, inspected.run_id)) == {"2024-02"}, "it was asked for"
    checks = {dg.AssetCheckKey(INSPECTED, "layers")}
    with small.serving(), instance(small) as made:
        job = defs.resolve_implicit_global_asset_job_def().get_subset(
            asset_selection=set(), asset_check_selection=checks
        )
        executed = job.execute_in_process(instance=made)
    assert {said.check_name for said in evaluated(executed)} == {"layers"}
    assert set(statuses(small, "layers").values()) == {SUCCEEDED} and not told(small, executed.run_id)


def test_the_release_refuses_a_database_that_lags_behind_landing(small: Home, tmp_path: Path) -> None:
    """Months touched by new receipts are always built before a candidate."""
    add(small, tmp_path, [row("202403", value="1")], months="2024-03")
    result = materialize(small, "release")
    (failure,) = [e for e in result.all_events if e.is_step_failure]
    assert "does not reflect landing" in failure.step_failure_data.user_failure_data.description  # type: ignore


def test_the_release_refuses_a_mart_that_is_made_of_something_else(
    small: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A claim was changed: nothing has arrived, and the mart of claims is stale."""
    folder = Path(shutil.copytree(settings().expectations, tmp_path / "expectations"))
    monkeypatch.setattr(settings(), "expectations", folder)
    with (folder / "claims.yml").open("a", encoding="utf-8") as file:
        file.write("# read again\n")
    (failure,) = [e for e in materialize(small, "release").all_events if e.is_step_failure]
    said = failure.step_failure_data.user_failure_data.description  # type: ignore
    assert said.startswith("int_claim_finding is made of something else by now")


def test_facts_without_their_raw_rows_are_refused(small: Home) -> None:
    """A month whose rows have not been read would look like no trade."""
    for path in small.raw.rglob("month=2024-02"):
        shutil.rmtree(path)
    facts = [name for name in names_of("facts") if name in graph()]
    assert "raw rows of 2024-02 are not there" in refusal(materialize(small, *facts, partition="2024-02"))


def test_months_that_nobody_has_received_are_refused(small: Home) -> None:
    """Before the first write, with the months that can be had: they would show as materialized."""
    (receipt,) = Landing(small).state().active
    before = tree(small.warehouse / "landing") | tree(small.raw)
    for alone in ("raw_gacc", "fct_trade_monthly"):
        said = refusal(materialize(small, alone, partition="2023-12"))
        assert "received 2023-12. Months that can be built: 2024-01..2024-04." in said
    Landing(small).withdraw(receipt.receipt_id, "a trial")
    assert materialize(small, "landing_receipts").success
    assert materialize(small, "raw_gacc", partition="2024-02").success
    assert before.keys() >= tree(small.raw).keys()


#: A seed, a view, a table and an incremental table of each step, the claims in Python: one of each kind.
KINDS = ("landing_receipts", "raw_gacc_bulletin", "units", "stg_landing__receipt", "dim_regime", "int_traded_line",
         "quarantine", "int_category_month", "int_series", "int_growth_monthly",
         "mart_category_growth_monthly", "int_claim_finding")  # fmt: skip


def refusal(result: dg.ExecuteInProcessResult) -> str:
    """Why the one step that failed did."""
    (failure,) = [e for e in result.all_events if e.is_step_failure]
    return str(failure.step_failure_data.user_failure_data.description)  # type: ignore[union-attr]


@pytest.mark.series
@pytest.mark.own_run("assets are materialized alone, before and after a receipt")
def test_an_asset_alone_is_built_if_what_it_is_made_of_reflects_landing(small: Home, tmp_path: Path) -> None:
    """One of each kind on a home that is up to date; then only those succeed that a new file of trade leaves alone, and
    the others are refused in one sentence that names the job, with nothing written.
    """
    for name in many(KINDS, tuple(graph())):
        assert materialize(small, name).success, name
    assert materialize(small, "fct_trade_monthly", partition="2024-02").success
    assert materialize(small, "quarantine").success
    assert "does not reflect landing yet" in refusal(materialize(small, "int_series_coverage"))
    with small.serving(), instance(small) as made:
        job = defs.resolve_implicit_global_asset_job_def()
        alone = job.execute_in_process(instance=made, asset_selection=[dg.AssetKey("dim_regime")])
    assert alone.success and [e.asset_key.to_user_string() for e in alone.get_asset_materialization_events()] == [
        "dim_regime"
    ]
    add(small, tmp_path, [row("202403", value="77")], months="2024-03")
    before = (small.warehouse / "built.json").read_bytes()
    for name in ("units", "dim_regime"):
        assert materialize(small, name).success, name
    for name in ("stg_landing__receipt", "quarantine", "int_growth_monthly", "int_claim_finding"):
        assert "launch the job publish" in refusal(materialize(small, name)), name
    assert materialize(small, "landing_receipts").success
    assert "raw rows of 2024-03 are not there" in refusal(materialize(small, "stg_gacc__trade"))
    assert "does not reflect landing yet" in refusal(materialize(small, "int_growth_monthly"))
    assert (small.warehouse / "built.json").read_bytes() == before
    assert "does not reflect landing" in refusal(materialize(small, "release"))


@pytest.mark.series("test_a_single_month_builds_what_else_is_stale")
@pytest.mark.own_run("everything is withdrawn before a run")
def test_withdrawing_everything_publishes_an_empty_release(small: Home) -> None:
    """It says so, and holds no row of trade."""
    (receipt,) = Landing(small).state().active
    Landing(small).withdraw(receipt.receipt_id, "all wrong")
    with small.serving(), instance(small) as made:
        tags = {"dagster/asset_partition_range_start": "2024-01", "dagster/asset_partition_range_end": "2024-04"}
        result = defs.resolve_job_def("build_and_publish").execute_in_process(instance=made, tags=tags)
    manifest = Releases(small).manifest()
    assert result.success and not manifest.receipts and manifest.withdrawals[0].reason == "all wrong"
    assert manifest.tables["fct_trade_monthly"].rows == 0


def test_release_is_an_asset_of_its_own() -> None:
    """So that it can be launched alone."""
    assert [k.to_user_string() for k in release.keys] == ["release"]
