"""Stage release: candidate, audit, publication."""

import datetime as dt
import shutil
from collections.abc import Iterator
from typing import Any

import dagster as dg

from orchestration.assets.common import MONTHS, OWNERS, SINGLE_RUN, Warehouse, months_of, must_be_received
from orchestration.assets.inspected import (
    INSPECTED,
    MEND,
    gate_specs,
    inspected,
    inspected_spec,
    named,
    receipts_by_month,
)
from orchestration.assets.launched import launched_with, months_asked_of
from orchestration.assets.shown import release_metadata, shown_at
from orchestration.base.months import format_month
from orchestration.base.settings import Home
from orchestration.gates.audit import Report, finding_text, rows_of
from orchestration.gates.reach import reach
from orchestration.landing.store import Landing, LandingState
from orchestration.pages import page
from orchestration.releases.publish import Publication, build_and_audit, publish
from orchestration.releases.published import published_models
from orchestration.releases.store import Releases
from orchestration.warehouse.plan import Built, plan

#: On the 20th at 17:00 a month's figures are out, and a run looks for them (`automation.schedules`). A day later the
#: release is stale unless a run has come to its end since: made it anew, or found it as it must be. Dagster counts no
#: observation, so `bonded run` that finds nothing new does not stand for that run.
STALE = dg.FreshnessPolicy.cron("0 17 21 * *", dt.timedelta(days=1), "Asia/Shanghai")

#: How the event of `release` names its counts of comparisons, each with a verdict behind it.
COMPARISONS = "comparisons "
#: How it names the candidate with what is held back.
REFUSED = "refused candidate"
AUDIT_PAGE = "audit.html"


@dg.asset(
    freshness_policy=STALE,
    group_name="release",
    owners=OWNERS,
    kinds={"duckdb", "parquet", "greatexpectations"},
    deps=[dg.AssetKey(model.name) for model in published_models()],
)
def release(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[Any]:
    """What BI tools may read: a folder that never changes, behind the pointer `current`.

    Builds a candidate file from the build database, audits that file with every gate, and only if it passes makes
    it a release and switches to it. The audit is part of this step, however the run was launched.
    """
    home = warehouse.home
    publication = publish(home, built_state(home, _started_at(context)), page)
    for warning in publication.warnings:
        context.log.warning(warning)
    # Of a backfill that asks for months of `inspected_month`, too, this is the one audit.
    asked = months_asked_of(context, INSPECTED, MONTHS)
    yield from inspected(context, *publication.looked_at, months=asked)
    if publication.outcome == "failed":
        told = {**_metadata(home, publication), "candidate": publication.folder.name}
        raise dg.Failure(failure_text(publication), metadata=told, allow_retries=False)
    context.log.info(f"{publication.outcome}: {publication.release_id}")
    for source, held in publication.held_back.items():
        context.log.warning(held.told(source))
    yield dg.Output(None, metadata=_metadata(home, publication))


# Of tables that are not built by month alone: a run without a partition would be asked for that of the others.
@dg.multi_asset(
    name="inspected_month",
    specs=[inspected_spec()],
    check_specs=gate_specs(),
    can_subset=True,
    partitions_def=MONTHS,
    backfill_policy=SINGLE_RUN,
)
def inspected_month(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[Any]:
    """Every gate on what the build database holds now, without publishing; nothing where a release is made, too."""
    if dg.AssetKey("release") in launched_with(context):
        context.log.info(
            "Nothing is done here: the release that was launched with it audits, and tells of these months."
        )
        return
    home = warehouse.home
    state, months = built_state(home, dt.datetime.now(dt.UTC)), months_of(context)
    must_be_received(state, months)
    folder, report = build_and_audit(home, state, Releases(home).base(), page=page)
    asked = {key.name for key in context.selected_asset_check_keys if not context.selected_asset_keys}
    try:
        yield from inspected(context, folder, report, asked, months=list(map(format_month, months)))
    finally:
        shutil.rmtree(folder)


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
            f"The build database does not reflect landing yet ({what}): launch the job publish.",
            allow_retries=False,
        )
    state = Landing(home).state(built.facts)
    if stale := sorted(plan(home, state).stale):
        raise dg.Failure(
            f"{stale[0]} is made of something else by now, or was not built since: launch the job publish.",
            allow_retries=False,
        )
    return state


def _metadata(home: Home, publication: Publication) -> dict[str, Any]:
    """What the audit said, and of the release that readers see what its own day said of it."""
    report, release_id = publication.report, publication.release_id
    shown = release_metadata(home, release_id) if release_id and publication.outcome != "failed" else {}
    refused = {REFUSED: publication.refused[0].name} if publication.refused else {}
    return {
        "outcome": publication.outcome,
        "release_id": release_id or "none",
        **shown,
        **refused,
        "audit": dg.MetadataValue.md(audit_text(report)),
        # Nobody serves the page of a candidate; its audit stands above.
        "audit page": shown_at(home, publication.folder.name, AUDIT_PAGE)
        if publication.outcome != "failed"
        else dg.MetadataValue.path(publication.folder / AUDIT_PAGE),
        **{f"{COMPARISONS}{verdict}": n for verdict, n in report.counts.items()},
    }


def audit_text(report: Report) -> str:
    """The audit as Markdown, for the UI: how far it reached, each gate, and the worst findings."""
    lines = [*reach(report).sentences(), "", "| gate | verdict | what it asks |", "| --- | --- | --- |"]
    lines += [f"| {g.gate} | {g.verdict.replace('_', ' ')} | {g.message or g.title} |" for g in report.gates]
    found = report.findings("failed", "warned", "waived", "expected").head(20)
    return "\n".join([*lines, "", *(f"* {row['verdict']}: {finding_text(row)}" for row in rows_of(found))])


def failure_text(publication: Publication) -> str:
    """Which gate, dataset and month failed, and by how much; and where the candidate lies."""
    lines = [f"The audit failed; nothing was published. Candidate kept: {publication.folder.name}"]
    lines += [publication.not_kept] if publication.not_kept else []
    lines += [f"{g.gate} is {g.verdict}: {g.message}" for g in publication.report.gates if g.message]
    failed = publication.report.findings("failed").head(20)
    found = [finding_text(row) for row in rows_of(failed)]
    made_of = receipts_by_month(publication.folder)
    months = sorted({format_month(month) for month in failed["month"].dropna()} & made_of.keys())
    new = [f"New since release {publication.release_id}: {said}" for said in publication.news]
    lines += [*found[:1], *new, *(f"{month} is made of {named(made_of[month])}" for month in months), MEND]
    # The UI folds all but the first lines away: what to do stands before what else was found.
    return "\n".join([*lines, *found[1:]])
