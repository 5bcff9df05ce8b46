"""What all stages share: the partitions, the writer's lock, the home that this code location serves."""

import datetime as dt
import time
import warnings
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Self

import dagster as dg
import duckdb
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData,
)
from filelock import FileLock, Timeout

from orchestration.base.interrupt import interruptible
from orchestration.base.months import format_month, spans
from orchestration.base.settings import Home, settings
from orchestration.landing.store import Landing, LandingState
from orchestration.sources.catalogue import FIRST_MONTH
from orchestration.warehouse.run_locks import hold

# Backfill policies are marked beta in the pinned version; a test holds what is relied on.
warnings.filterwarnings("ignore", message=".*is currently in (beta|preview).*")

#: Months of the data, from the first of any source on. Whether one is due is a matter of release calendars, not of its
#: partition: that is there as soon as the month has ended anywhere (UTC+14; POSIX turns the sign). No figure of a month
#: is out before that in any source's own time zone, and whatever can be received must find its partition.
MONTHS = dg.MonthlyPartitionsDefinition(start_date=f"{FIRST_MONTH:%Y-%m}", fmt="%Y-%m", timezone="Etc/GMT-14")
SINGLE_RUN = dg.BackfillPolicy.single_run()
OWNERS = ["team:warehouse"]
#: Files that a run names in its log and in the UI; it counts the others. Each line is an entry in the event log.
NAMED = 50


class Place(dg.ConfigurableResource):
    """A home, for a run that writes to landing alone, which has locks of its own: it waits for no run that builds, and
    none waits for it. The lock of the run itself falls with its process: by it others see that it lives.
    """

    @property
    def home(self) -> Home:
        """The home that this code location serves."""
        return Home.default()

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Self]:
        """Take the lock of the run."""
        home = self.home.create()
        if context.run:
            hold(home, context.run.run_id)
        with interruptible():
            yield self


class Warehouse(Place):
    """The right to write to a home's warehouse, too, held from the first step of a run to its last."""

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Self]:
        """Take both locks."""
        with super().yield_for_execution(context), writing(self.home, context.log):
            yield self


@contextmanager
def writing(home: Home, log: dg.DagsterLogManager | None) -> Iterator[None]:
    """Hold the writer's lock of a home, which falls with the process that holds it."""
    lock = _writer_lock(home, log)
    try:
        yield
    finally:
        lock.release()


def _writer_lock(home: Home, log: dg.DagsterLogManager | None) -> FileLock:
    """The writer's lock of a home, taken; whoever waits for it says so at once and each minute."""
    # Whoever holds it in this process may take it again: the job `publish` runs another one.
    lock, begun = FileLock(home.warehouse / ".lock", is_singleton=True), time.monotonic()
    patience = 0.0
    while True:
        try:
            lock.acquire(timeout=patience)
            return lock
        except Timeout:
            waited = time.monotonic() - begun
            if waited >= settings().lock_seconds:
                raise dg.Failure(
                    f"Another run has held this warehouse for {settings().lock_seconds} s (BONDED_LOCK_SECONDS). "
                    "Run again when it has ended."
                ) from None
            if log:
                log.warning(f"Another run writes to this warehouse; waiting for it to end ({waited:.0f} s so far).")
            patience = min(60.0, settings().lock_seconds - waited)


def months_of(context: dg.AssetExecutionContext) -> list[dt.date]:
    """The months that the run was asked for; none for a run without a partition, which builds what is stale.

    Dagster records every partition that a run is launched with as materialized, touched or not. A run that nobody asked
    for a month is launched without one, and the months that it did build are recorded by `tell_months`.
    """
    if not (context.has_partition_key or context.has_partition_key_range):
        return []
    return [dt.date.fromisoformat(f"{key}-01") for key in context.partition_keys]


def must_be_received(state: LandingState, asked: Collection[dt.date]) -> None:
    """A failure, before anything is written, if months were asked for that nobody has ever received.

    Dagster would show them as materialized.
    """
    received = {month for receipt in state.receipts for month in receipt.scope.month_list}
    never = set(asked) - received
    if never:
        raise dg.Failure(
            f"Nobody has received {spans(never)}. Months that can be built: {spans(received) or 'none'}. Launch "
            "these, or the job publish: it builds whatever is stale.",
            allow_retries=False,
        )


def is_told(count: int) -> bool:
    """Whether a run logs its n-th file: the first ones, then every thousandth."""
    return count <= NAMED or count % 1_000 == 0


def snapshot_state(home: Home) -> LandingState:
    """The landing records that the run was fixed to by `landing_receipts`."""
    path = home.warehouse / "landing" / "sequence"
    if not path.exists():
        raise dg.Failure(
            "landing_receipts has not been materialized in this home.",
            metadata={"remedy": "Launch the job publish, or materialize landing_receipts first."},
        )
    return Landing(home).state(int(path.read_text(encoding="utf-8")))


def target(record: dg.EventLogRecord) -> AssetCheckEvaluationTargetMaterializationData:
    """What a check must say that it speaks of; without it the UI calls the check stale."""
    return AssetCheckEvaluationTargetMaterializationData(
        storage_id=record.storage_id, run_id=record.run_id, timestamp=record.timestamp
    )


#: What events show of a month: rows, and money by currency; each plots over months.
Figures = Mapping[dt.date, Mapping[str, int]]


def money_in(currency: str) -> str:
    """What an amount of a currency is called in the UI."""
    return {"USD": "US dollars", "CNY": "yuan"}.get(currency, currency)


def figures_by_month(
    con: duckdb.DuckDBPyConnection, fact: str, months: Collection[dt.date] | None = None
) -> dict[dt.date, dict[str, int]]:
    """By month of a fact its rows and money, by currency as the UI calls it; nothing of one that was not received.

    `months`: those to look at, since a long history is long; None = all.
    """
    rows = con.execute(
        "select month, dim_source.local_currency, count(*), sum(value_usd)::bigint, sum(value_local)::bigint "
        f'from "{fact}" join dim_source using (source) '
        "where $1 is null or list_contains($1, month) group by all order by all",
        [None if months is None else list(months)],
    ).fetchall()
    found: dict[dt.date, dict[str, int]] = {}
    for month, currency, count, usd, local in rows:
        figures = found.setdefault(month, {"rows": 0})
        for name, figure in (("rows", count), (money_in("USD"), usd), (money_in(currency or ""), local)):
            if figure is not None:
                figures[name] = figures.get(name, 0) + figure
    return found


def tell_months(
    context: dg.AssetExecutionContext, figures: Mapping[dg.AssetKey, Figures], asked: Collection[dt.date]
) -> None:
    """Give each month that was built its own figures: one that was asked for in the event that Dagster makes of it, a
    stale one that was built beside it in an event of its own.
    """
    for key, months in sorted(figures.items()):
        for month, said in sorted(months.items()):
            metadata = {name: dg.MetadataValue.int(figure) for name, figure in said.items()}
            if month in asked:
                context.add_asset_metadata(metadata, key, format_month(month))
            else:
                context.log_event(dg.AssetMaterialization(key, partition=format_month(month), metadata=metadata))
