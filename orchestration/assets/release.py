"""Stage release: candidate, audit, publication; and the gates as asset checks, month by month."""

import datetime as dt
import shutil
from collections.abc import Iterator
from typing import Any

import dagster as dg
import pandas as pd
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluation,
    AssetCheckEvaluationTargetMaterializationData,
)

from orchestration.assets.common import MONTHS, OWNERS, WRITER_POOL, Warehouse, target
from orchestration.base.plain import plain
from orchestration.base.settings import Home, settings
from orchestration.gates.audit import VERDICTS, Report, verdicts_by_month
from orchestration.gates.reach import reach
from orchestration.gates.suites import declared_gates, read_suite
from orchestration.landing.store import Landing, LandingState
from orchestration.releases.candidate import published_models
from orchestration.releases.publish import Publication, build_and_audit, publish
from orchestration.releases.store import Releases
from orchestration.warehouse.plan import Built


@dg.asset(
    group_name="release",
    owners=OWNERS,
    kinds={"duckdb", "parquet", "greatexpectations"},
    deps=[dg.AssetKey(model.name) for model in published_models()],
    pool=WRITER_POOL,
)
def release(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[Any]:
    """What BI tools may read: a folder that never changes, behind the pointer `current`.

    Builds a candidate file from the build database, audits that file with every gate, and only if it passes makes
    it a release and switches to it. The audit is part of this step, however the run was launched.
    """
    home = warehouse.home
    publication = publish(home, built_state(home, _started_at(context)))
    yield from evaluations(context, publication.report)
    if publication.outcome == "failed":
        raise dg.Failure(failure_text(publication), metadata=_metadata(publication), allow_retries=False)
    context.log.info(f"{publication.outcome}: {publication.release_id}")
    yield dg.Output(None, metadata=_metadata(publication))


def _started_at(context: dg.AssetExecutionContext) -> dt.datetime:
    record = context.instance.get_run_record_by_id(context.run_id)
    started = record.start_time if record else None
    return dt.datetime.fromtimestamp(started, dt.UTC) if started else dt.datetime.now(dt.UTC)


def built_state(home: Home, started: dt.datetime) -> LandingState:
    """The landing records that facts and marts both reflect; a failure if they do not, or if earlier ones wait.

    Records that arrived after the run had started wait for the next run.
    """
    built, latest = Built.read(home), Landing(home).state()
    waiting = [r.sequence for r in latest.received if r.received_at < started and r.sequence > built.facts]
    waiting += [w.sequence for w in latest.withdrawals if w.withdrawn_at < started and w.sequence > built.facts]
    if built.facts < 0 or built.marts != built.facts or waiting:
        what = f"{len(waiting)} records of landing" if waiting else "facts and marts"
        raise dg.Failure(
            f"The build database does not reflect landing yet ({what}): launch the job build_and_publish.",
            allow_retries=False,
        )
    return Landing(home).state(built.facts)


def _metadata(publication: Publication) -> dict[str, Any]:
    report = publication.report
    return {
        "outcome": publication.outcome,
        "release_id": publication.release_id or "none",
        "audit page": dg.MetadataValue.url((publication.folder / "audit.html").as_uri()),
        "audit": dg.MetadataValue.md(audit_text(publication.report)),
        **{f"comparisons {verdict}": n for verdict, n in report.counts.items()},
    }


def audit_text(report: Report) -> str:
    """The audit as Markdown, for the UI: how far it reached, each gate, and the worst findings."""
    lines = [*reach(report).sentences(), "", "| gate | verdict | what it asks |", "| --- | --- | --- |"]
    lines += [f"| {g.gate} | {g.verdict.replace('_', ' ')} | {g.message or g.title} |" for g in report.gates]
    found = report.findings("failed", "warned", "waived").head(20)
    return "\n".join([*lines, "", *(f"* {row['verdict']}: {finding_text(row)}" for _, row in found.iterrows())])


def failure_text(publication: Publication) -> str:
    """Which gate, dataset and month failed, and by how much; and where the candidate lies."""
    lines = [f"The audit failed; nothing was published. Candidate kept: {publication.folder.name}"]
    lines += [f"{g.gate} is {g.verdict}: {g.message}" for g in publication.report.gates if g.message]
    lines += [finding_text(row) for _, row in publication.report.findings("failed").head(20).iterrows()]
    return "\n".join(lines)


def finding_text(row: pd.Series) -> str:
    """One comparison in one sentence."""
    if row["expected"] is None:
        return f"{row['gate']}: {row['dataset']}: {row['reason']}"
    reason = f" ({row['reason']})" if row["reason"] else ""
    return (
        f"{row['gate']}: {row['dataset']} {row['month']:%Y-%m}, {row['scope']}, {row['measure']}: expected "
        f"{plain(row['expected'])}, found {plain(row['actual'])}, difference {plain(row['difference'])}, "
        f"tolerance {plain(row['tolerance'])}{reason}"
    )


def evaluations(context: dg.AssetExecutionContext, report: Report) -> Iterator[AssetCheckEvaluation]:
    """The audit as asset checks: one evaluation for each gate and month that compared something, or is broken.

    The worst month comes last, since the UI shows the last one first. Each names the materialization that it speaks
    of; without that the UI would call the check stale.
    """
    targets = {asset: _latest(context, asset) for asset in {g.asset for g in report.gates}}
    for gate in report.gates:
        months = list(verdicts_by_month(report, gate.gate))
        months.sort(key=lambda m: VERDICTS.index(m[1]["verdict"].iloc[0]), reverse=True)
        for month, rows in months:
            key = f"{month:%Y-%m}"
            yield AssetCheckEvaluation(
                asset_key=dg.AssetKey(gate.asset),
                check_name=gate.gate,
                passed=bool(rows["verdict"].isin(["passed", "waived", "not_applicable"]).all()),
                severity=dg.AssetCheckSeverity.WARN
                if rows["verdict"].iloc[0] == "warned"
                else dg.AssetCheckSeverity.ERROR,
                partition=key,
                description=gate.message or _told(gate.title, rows.iloc[0]),
                metadata=_comparison(rows),
                target_materialization_data=targets[gate.asset].get(key),
            )


def _told(title: str, row: pd.Series) -> str:
    """What a month's check says: the worst finding if there is one."""
    return finding_text(row) if row["verdict"] in ("failed", "warned", "waived") else title


def _comparison(rows: pd.DataFrame) -> dict[str, Any]:
    """The worst comparison of a month, and how many there were."""
    row = rows.iloc[0]
    figures = {c: float(row[c]) for c in ("expected", "actual", "difference", "tolerance") if row[c] is not None}
    told = ("dataset", "scope", "measure", "reason", "waived_by", "reference")
    text = {c: str(row[c]) for c in told if row[c] is not None}
    counts = {"comparisons": len(rows), "n_compared": int(rows["n_compared"].sum())}
    return {"verdict": row["verdict"], **figures, **text, **counts}


def _latest(
    context: dg.AssetExecutionContext, asset: str
) -> dict[str | None, AssetCheckEvaluationTargetMaterializationData]:
    """The latest materialization of each partition of an asset."""
    found: dict[str | None, AssetCheckEvaluationTargetMaterializationData] = {}
    records = context.instance.fetch_materializations(dg.AssetKey(asset), limit=2_000).records
    for record in records:
        found.setdefault(record.partition_key, target(record))
    return found


def gate_specs() -> list[dg.AssetCheckSpec]:
    """The declared gates as checks of the asset that each speaks of."""
    folder = settings().expectations
    suites = [read_suite(folder / f"{gate}.yml") for gate in declared_gates(folder)]
    return [dg.AssetCheckSpec(s.gate, asset=s.asset, description=s.title, partitions_def=MONTHS) for s in suites]


@dg.multi_asset_check(specs=gate_specs(), pool=WRITER_POOL, can_subset=True)
def gates(context: dg.AssetCheckExecutionContext, warehouse: Warehouse) -> Iterator[Any]:
    """Every gate on what the build database holds now, without publishing."""
    home = warehouse.home
    state = built_state(home, dt.datetime.now(dt.UTC))
    folder, report = build_and_audit(home, state, Releases(home).current_id())
    shutil.rmtree(folder)
    selected = context.selected_asset_check_keys
    for evaluation in evaluations(context, report):  # type: ignore[arg-type]
        if evaluation.asset_check_key in selected:
            yield evaluation
