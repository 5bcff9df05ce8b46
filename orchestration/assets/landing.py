"""Stage landing: what has arrived. Takes in the inbox and fixes the receipts that the run is built from."""

from collections.abc import Iterator

import dagster as dg

from orchestration.assets.common import OWNERS, WRITER_POOL, Warehouse
from orchestration.landing import snapshot
from orchestration.landing.due import DatasetStatus, dataset_status
from orchestration.landing.inbox import take_in
from orchestration.landing.store import Landing
from orchestration.release_calendar import beijing_today, format_month


@dg.asset(
    group_name="landing",
    owners=OWNERS,
    kinds={"python", "file"},
    pool=WRITER_POOL,
    check_specs=[
        dg.AssetCheckSpec(
            "inbox_accepted", asset="landing_receipts", description="No file in the inbox was refused by this run."
        ),
        dg.AssetCheckSpec(
            "nothing_overdue",
            asset="landing_receipts",
            description="Every open dataset holds the months that the release calendar says are out. Never blocks.",
        ),
    ],
)
def landing_receipts(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Receipts: bytes that were received under a declared scope, by sha256; append-only.

    Receives what lies in the inbox, refused files apart, then fixes the set of receipts for this run and writes
    it where the models read it.
    """
    home = warehouse.home
    inbox = take_in(home, lambda path: context.log.info(f"receiving {path.name}"))
    for path, error in inbox.refused:
        context.log.error(f"refused, now in {path}: {error}")
    state = Landing(home).state()
    snapshot.write(state, home.warehouse / "landing")
    statuses = [s for s in dataset_status(home, state, beijing_today()) if s.active]
    overdue = [s for s in statuses if s.due]
    yield dg.MaterializeResult(
        metadata={
            "receipts": len(state.active),
            "code lists": len(state.code_lists),
            "withdrawn": len(state.withdrawals),
            "received now": len(inbox.received),
            "refused now": len(inbox.refused),
            "due and not there": dg.MetadataValue.md(due_table(overdue)),
        }
    )
    yield dg.AssetCheckResult(
        check_name="inbox_accepted",
        passed=not inbox.refused,
        metadata={path.name: str(error) for path, error in inbox.refused},
    )
    yield dg.AssetCheckResult(
        check_name="nothing_overdue",
        passed=not overdue,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={s.name: ", ".join(map(format_month, s.due)) for s in overdue},
    )


def due_table(statuses: list[DatasetStatus]) -> str:
    """The months that are due and not there, each with the query to download, as Markdown."""
    if not statuses:
        return "Nothing is due."
    lines = ["| dataset | months due | query to download |", "| --- | --- | --- |"]
    for status in statuses:
        for query in status.queries:
            lines.append(f"| {status.name} | {', '.join(map(format_month, query.months))} | {query} |")
    return "\n".join(lines)
