"""Stage landing: what has arrived. Takes in the inbox and fixes the receipts that the run is built from."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.assets.common import NAMED, OWNERS, Warehouse, is_told
from orchestration.base.months import format_month, spans
from orchestration.base.plain import printable
from orchestration.base.settings import Home, settings
from orchestration.claims.load import load_claims
from orchestration.landing.due import DatasetStatus, dataset_status
from orchestration.landing.inbox import InboxOutcome, Progress, take_in
from orchestration.landing.listing import REJECTED
from orchestration.landing.names import shown_name
from orchestration.landing.rejected import lying_rejected
from orchestration.landing.store import Landing, LandingState
from orchestration.warehouse import snapshot
from orchestration.warehouse.categories import own_categories

#: How a run takes in the inbox: the resource `inbox`. A run from the terminal has done so before and hands it over.
TakeIn = Callable[[Home, Progress], InboxOutcome]


def take_in_quiet(home: Home, progress: Progress) -> InboxOutcome:
    """Take in what has come to rest: nobody stands beside a run by daemon who would know whether a copy has ended."""
    return take_in(home, progress, quiet=settings().inbox_quiet_seconds)


@dg.asset(
    group_name="landing",
    owners=OWNERS,
    kinds={"python", "file"},
    check_specs=[
        dg.AssetCheckSpec(
            "inbox_accepted",
            asset="landing_receipts",
            description="No refused file waits in the inbox or in inbox/rejected/ to be put right or removed.",
        ),
        dg.AssetCheckSpec(
            "nothing_overdue",
            asset="landing_receipts",
            description="Every open dataset holds the months that the release calendar says are out. Never blocks.",
        ),
    ],
)
def landing_receipts(
    context: dg.AssetExecutionContext, warehouse: Warehouse, inbox: dg.ResourceParam[TakeIn]
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Receipts: bytes that were received under a declared scope, by sha256; append-only.

    Receives what lies in the inbox, refused files apart, then fixes the set of receipts for this run, and the home's
    own categories, and writes them where the models read them.
    """
    home = warehouse.home
    # Marts are built from them at the end of the run: a typo must not cost all that lies between.
    load_claims()
    own = own_categories(home)
    Landing(home).chain.check()
    outcome = inbox(home, inbox_progress(context.log))
    log_inbox(context.log, outcome)
    state = Landing(home).state()
    snapshot.write(state, home.warehouse / "landing", own)
    late = overdue(home, state)
    yield dg.MaterializeResult(
        metadata={
            "receipts": len(state.active),
            "code lists": len(state.code_lists),
            "documents": len(state.documents),
            "withdrawn": len(state.withdrawals),
            "received now": len(outcome.received),
            "refused now": len(outcome.refused),
            "still being written": len(outcome.left),
            "own schemes": len(own.schemes) + bool(own.headings),
            "due and not there": dg.MetadataValue.md(due_table(late)),
        }
    )
    yield dg.AssetCheckResult(check_name="inbox_accepted", **accepted(home, state, outcome.refused))
    yield dg.AssetCheckResult(check_name="nothing_overdue", **judged(late))
    if not state.receipts:
        raise dg.Failure("This home holds nothing yet: no file has been received.", allow_retries=False)


def accepted(home: Home, state: LandingState, refused: Sequence[tuple[Path, Exception]]) -> dict[str, Any]:
    """The check `inbox_accepted`: red as long as a refused file lies in the inbox, whichever run refused it."""
    lying = {path: str(error) for path, error in refused} | dict(lying_rejected(home, state))
    named = {shown_name(path): reason for path, reason in list(lying.items())[:NAMED]}
    return {"passed": not lying, "description": _to_put_right(named, len(lying)), "metadata": named}


def _to_put_right(named: Mapping[str, str], count: int) -> str | None:
    """The first refused file, why it was, and what to do about it."""
    for name, reason in named.items():
        more = f"; and {count - 1:,} more" if count > 1 else ""
        return (
            f"Refused: {name}{more}. {reason} Put it right and into its folder of the inbox, then remove it from "
            f"inbox/{REJECTED}/."
        )
    return None


def overdue(home: Home, state: LandingState, today: dt.date | None = None) -> list[DatasetStatus]:
    """Active datasets that lack months which are out by a day; by today, where the source is, if none is given."""
    return [status for status in dataset_status(home, state, today) if status.active and status.due]


def judged(late: list[DatasetStatus]) -> dict[str, Any]:
    """The check `nothing_overdue`: whether it passed, and the months that are late."""
    months = {status.name: ", ".join(map(format_month, status.due)) for status in late}
    return {"passed": not late, "severity": dg.AssetCheckSeverity.WARN, "metadata": months}


def inbox_progress(log: dg.DagsterLogManager) -> Progress:
    """What a run logs of each file that it looks at."""
    count = 0

    def tell(path: Path) -> None:
        nonlocal count
        count += 1
        if is_told(count):
            log.info(f"receiving file {count:,}, {shown_name(path)}")

    return tell


def log_inbox(log: dg.DagsterLogManager, outcome: InboxOutcome) -> None:
    """Tell of the files that were refused, of what is odd about those that were not, and of those that wait."""
    for path, error in outcome.refused[:NAMED]:
        log.error(f"refused, now {shown_name(path.parent)}/{shown_name(path)}: {error}")
    if len(outcome.refused) > NAMED:
        log.error(f"and {len(outcome.refused) - NAMED:,} more refused files: see inbox/rejected")
    for path, remark in outcome.remarks[:NAMED]:
        log.warning(f"{shown_name(path)}: {printable(remark)}")
    if len(outcome.remarks) > NAMED:
        log.warning(f"and {len(outcome.remarks) - NAMED:,} more remarks: they stand in the receipts")
    if outcome.left:
        names = ", ".join(map(shown_name, outcome.left[:10]))
        log.info(f"{len(outcome.left):,} files are still being written and wait for a later run: {names}")


def due_table(statuses: list[DatasetStatus]) -> str:
    """The months that are due and not there, each with the query to download, or who asks for it, as Markdown."""
    if not statuses:
        return "Nothing is due."
    lines = ["| dataset | months due | query to download |", "| --- | --- | --- |"]
    for status in statuses:
        for query in status.queries:
            lines.append(f"| {status.name} | {', '.join(map(format_month, query.months))} | {query} |")
        if not status.queries:
            lines.append(f"| {status.name} | {spans(status.due)} | none: the job fetch_and_publish asks for it |")
    return "\n".join(lines)
