"""Stage fetch: publishers are asked for what the home has made active, and what arrives lies in landing.

Belongs here: wiring, and what a run says of a fetch. Not here: how anything is asked (`landing.fetching`), nor when
(`automation.schedules`). Nothing hangs on these assets: landing is what it is, whoever brought it, and a run of
anything else asks nobody. docs/fetching.md.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import dagster as dg
from dagster._utils.schedules import cron_string_iterator

from orchestration.assets.common import MONTHS, NAMED, OWNERS, SINGLE_RUN, Place, is_told, months_of
from orchestration.assets.launched import launched_with
from orchestration.base.commands import bonded
from orchestration.base.errors import RefusalError
from orchestration.base.months import add_months, format_month, spans
from orchestration.base.plain import printable
from orchestration.base.settings import Home, settings
from orchestration.base.today import now, today_in
from orchestration.landing.datasets import load_datasets
from orchestration.landing.due import held_months
from orchestration.landing.fetching import Outcome, Way, active, fetch
from orchestration.landing.store import Landing, LandingState
from orchestration.sources.catalogue import DOCUMENT_CRONS, DOCUMENT_WEBS, TRADE, time_zone_of
from orchestration.sources.source import Source
from orchestration.sources.web import GivenUpError

#: So often a run asks once more, minutes later, what did not pass while it was asked again within seconds.
ONCE_MORE = 2


def cron_of(source: str) -> str | None:
    """When a source is asked, in its time zone; None for never by itself."""
    return TRADE[source].release_cron if source in TRADE else DOCUMENT_CRONS.get(source)


def none_active(home: Home, source: str | None) -> str:
    """What is told where the home has named nothing that would be asked of a source, or of any."""
    of = {name: dataset.source for name, dataset in load_datasets().items()} | {name: name for name in DOCUMENT_WEBS}
    offers = [name for name, its in of.items() if its in WEBS and source in (None, its)]
    command = bonded("fetch", "--dataset", "<name>", home=home)
    return (
        f"Nothing that could be asked of {source or 'any publisher'} is active in this home; {command} makes it so "
        f"({', '.join(offers)})."
    )


@contextmanager
def in_words() -> Iterator[None]:
    """What a rule of the warehouse refuses is a failure in words, without a trace."""
    try:
        yield
    except RefusalError as error:
        raise dg.Failure(str(error), allow_retries=False) from None


def ask(
    context: dg.AssetExecutionContext | dg.OpExecutionContext,
    home: Home,
    source: str | None,
    months: Sequence[dt.date] = (),
) -> list[Outcome]:
    """Ask a source, or all, for what is active, due and not there; what each dataset came to is told in the log."""
    asked = 0

    def progress(text: str, done: int, of: int) -> None:
        nonlocal asked
        asked += done < of
        if done < of and is_told(asked):
            context.log.info(f"asking for {printable(text)}, {done + 1:,} of {of:,}")

    way = Way(
        months=(months[0], months[-1]) if months else None,
        told=lambda text: context.log.warning(printable(text)),
        progress=progress,
    )
    outcomes = fetch(home, None, way, source=source)
    for outcome in outcomes:
        _tell(context.log, outcome)
    return outcomes


def judge(
    context: dg.AssetExecutionContext | dg.OpExecutionContext, outcomes: Sequence[Outcome], **metadata: Any
) -> None:
    """A failure in the publishers' words where something was refused; `RetryRequested` where nothing was but what may
    pass by itself, and it has not been asked for once more.
    """
    refused = [error for outcome in outcomes for error in outcome.refused]
    if not refused:
        return
    if context.retry_number < ONCE_MORE and all(isinstance(error, GivenUpError) for error in refused):
        wait = settings().fetch_again_seconds * 2**context.retry_number
        context.log.warning(f"What has arrived is kept; the rest is asked for once more in {wait:,.0f} s.")
        raise dg.RetryRequested(max_retries=ONCE_MORE, seconds_to_wait=wait)
    words = dict.fromkeys(str(error) for error in refused)
    raise dg.Failure("\n".join([*words, "What has arrived is kept."]), metadata=metadata, allow_retries=False)


def _tell(log: dg.DagsterLogManager, outcome: Outcome) -> None:
    """One line, the questions, and what was refused."""
    for question in outcome.questions[:NAMED]:
        log.debug(f"asked {question}")
    not_out = f"; not out yet: {spans(outcome.not_out)}" if outcome.not_out else ""
    if outcome.questions or outcome.refused:
        counts = (
            f"{len(outcome.received):,} received, {outcome.unchanged:,} unchanged, {len(outcome.refused):,} refused"
        )
        log.info(f"{outcome.name}: {len(outcome.questions):,} questions answered, {counts}{not_out}")
    else:
        log.info(f"{outcome.name}: nothing is due that is out and not there{not_out}")
    for error in outcome.refused[:NAMED]:
        log.error(printable(f"{outcome.name}: {error}"))


def metadata_of(source: str, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """What an event shows of a fetch."""
    not_out = sorted({month for outcome in outcomes for month in outcome.not_out})
    received = [receipt_id for outcome in outcomes for receipt_id in outcome.received]
    more = [f"and {len(received) - NAMED:,} more"] if len(received) > NAMED else []
    return {
        "questions": sum(len(outcome.questions) for outcome in outcomes),
        "received": len(received),
        "unchanged": sum(outcome.unchanged for outcome in outcomes),
        "not out": spans(not_out) or "none",
        "receipts": ", ".join([*received[:NAMED], *more]) or "none",
        "ask again on": str(next_day(source, lacks=bool(not_out) or any(outcome.refused for outcome in outcomes))),
    }


def next_day(source: str, *, lacks: bool) -> dt.date:
    """The next day, where the source is, on which it makes sense to ask it; `lacks`: something promised is not out."""
    zone, cron, today = time_zone_of(source), cron_of(source), today_in(time_zone_of(source))
    asked = next(cron_string_iterator(now().timestamp(), cron, zone)).date() if cron else today + dt.timedelta(days=1)
    if lacks or source not in TRADE:
        return asked
    # All is there: nothing is new before another month comes out.
    trade = TRADE[source]
    return max(asked, trade.release_date(add_months(trade.last_due(today), 1)))


def complete_months(state: LandingState, source: Source) -> dict[dt.date, list[str]]:
    """The months that the home holds of all that its active datasets of a source promise of them, and who does."""
    today, datasets = source.today(), load_datasets()
    promised: dict[dt.date, list[str]] = {}
    lacking: set[dt.date] = set()
    for name in active(state, source.name):
        held = held_months(state, datasets[name], today)
        for month in datasets[name].promised(today):
            promised.setdefault(month, []).append(name)
            lacking |= {month} - {*held}
    return {month: names for month, names in promised.items() if month not in lacking}


def _tell_months(context: dg.AssetExecutionContext, home: Home, source: Source, asked: Collection[dt.date]) -> None:
    """An event of each month asked for that the home now holds whole; none of one that is not there."""
    state = Landing(home).state()
    for month, names in sorted(complete_months(state, source).items()):
        if month not in asked:
            continue
        mine = [r for r in state.active if r.dataset in names and month in r.scope.month_list]
        said: dict[str, Any] = {"datasets": ", ".join(names), "receipts": len(mine)}
        if mine:
            said |= {"last vintage": str(max(receipt.vintage for receipt in mine))}
        context.log_event(dg.AssetMaterialization(context.asset_key, partition=format_month(month), metadata=said))


def _months_received(home: Home, outcomes: Sequence[Outcome]) -> set[dt.date]:
    received = {receipt_id for outcome in outcomes for receipt_id in outcome.received}
    state = Landing(home).state()
    return {month for r in state.active if r.receipt_id in received for month in r.scope.month_list}


def _is_beside_others(context: dg.AssetExecutionContext) -> bool:
    """Whether the run, or its backfill, is of anything but this group; then nothing is asked."""
    if launched_with(context) <= FETCHED:
        return False
    context.log.info("Nobody is asked: this run is of more than the group fetch, so landing is taken as it is.")
    return True


def _fetched(source: str) -> dg.AssetsDefinition:
    """What one source has answered; by month where it is trade."""
    trade = TRADE.get(source)

    # Skippable: a month that is not out has no event, and what is not active none at all.
    @dg.asset(
        name=f"fetched_{source}",
        description=f"What {trade.publisher if trade else source} answers, asked over the network: each answer is a "
        "receipt.\n\nAsked for is what the home has made active (bonded fetch --dataset), what is due, out and not "
        "there, or has been revised. A range of months is one run; one that was killed goes on from what has arrived. "
        "Nothing is built: launch the job publish, or fetch_and_publish, which does both.",
        group_name="fetch",
        owners=OWNERS,
        kinds={"python", "file"},
        partitions_def=MONTHS if trade else None,
        backfill_policy=SINGLE_RUN if trade else None,
        output_required=False,
    )
    def fetched(context: dg.AssetExecutionContext, place: Place) -> Iterator[Any]:
        home, months = place.home, months_of(context)
        with in_words():
            if not active(Landing(home).state(), source):
                context.log.info(none_active(home, source))
                return
            outcomes = [] if _is_beside_others(context) else ask(context, home, source, months)
            said = metadata_of(source, outcomes) if outcomes else {}
            if trade:
                _tell_months(context, home, trade, months or _months_received(home, outcomes))
        if trade and outcomes:
            context.log_event(dg.AssetObservation(context.asset_key, metadata=said))
        judge(context, outcomes, **said)
        if trade is None:
            yield dg.Output(None, metadata=said)

    return fetched


#: Sources that can be fetched: of trade, then of documents.
WEBS = (*(name for name, source in TRADE.items() if source.web is not None), *DOCUMENT_WEBS)
FETCH = [_fetched(name) for name in WEBS]
FETCHED = frozenset(key for asset in FETCH for key in asset.keys)
