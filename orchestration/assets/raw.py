"""Stage raw: typed rows with their line numbers, one immutable Parquet file a receipt and month, or a document."""

import datetime as dt
import os
from concurrent.futures import ThreadPoolExecutor

import dagster as dg
import pyarrow.parquet as pq

from orchestration.assets.common import (
    MONTHS,
    OWNERS,
    SINGLE_RUN,
    Warehouse,
    is_told,
    money_in,
    months_of,
    must_be_received,
    snapshot_state,
    tell_months,
)
from orchestration.assets.landing import landing_receipts
from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.landing.store import Receipt
from orchestration.sources.catalogue import TRADE
from orchestration.sources.source import Reader, Source
from orchestration.warehouse.raw import month_sums, remove_leftovers, write_raw, write_trade_schema
from orchestration.warehouse.raw_documents import READERS, document_path, receipts_of, write_document, write_schema


def _raw_trade(source: Source) -> dg.AssetsDefinition:
    """The raw rows of one source of trade."""

    @dg.asset(
        name=f"raw_{source.name}",
        description=f"Rows of trade as printed, typed, each with its line in the received file. {source.publisher}.\n\n"
        "A pure function of the received bytes and the parser's version: months never share a file, and what is there "
        "already is not parsed again. Whatever is missing is parsed, several files at once, also of months that nobody "
        "asked for.",
        group_name="raw",
        owners=OWNERS,
        kinds={"python", "parquet"},
        partitions_def=MONTHS,
        backfill_policy=SINGLE_RUN,
        deps=[landing_receipts],
    )
    def raw_trade(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
        home = warehouse.home
        state, asked = snapshot_state(home), months_of(context)
        must_be_received(state, asked)
        remove_leftovers(home)
        try:
            source.check()
        except RefusalError as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        write_trade_schema(home, source)
        receipts = [receipt for receipt in state.active if receipt.scope.source == source.name]
        with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
            parsed = list(pool.map(lambda receipt: write_raw(home, receipt, receipt.scope.month_list), receipts))
        _tell_raw(context, home, dict(zip(receipts, parsed, strict=True)), asked)
        return dg.MaterializeResult(metadata={"files": len(receipts), "files parsed now": sum(map(bool, parsed))})

    return raw_trade


def _tell_raw(
    context: dg.AssetExecutionContext, home: Home, parsed: dict[Receipt, list[dt.date]], asked: list[dt.date]
) -> None:
    """Rows and money of the months that were parsed now or asked for; `parsed`: by receipt the months parsed now."""
    figures: dict[dt.date, dict[str, int]] = {month: {"rows": 0} for month in asked}
    files = 0
    for receipt, new in parsed.items():
        files += bool(new)
        if new and is_told(files):
            context.log.info(f"{receipt.receipt_id} {receipt.name}: {len(new)} months parsed")
        for month in {*new, *(set(asked) & set(receipt.scope.month_list))}:
            rows, value = month_sums(home, receipt, month)
            of_month, money = figures.setdefault(month, {"rows": 0}), money_in(receipt.scope.currency)
            of_month["rows"] += rows
            of_month[money] = of_month.get(money, 0) + value
    tell_months(context, {context.asset_key: figures}, asked)


def _raw_documents(reader: Reader, what: str) -> dg.AssetsDefinition:
    """The raw rows of one source of what is no trade."""

    @dg.asset(
        name=f"raw_{reader.SOURCE}",
        description=f"{what}, each with its line in the received file.\n\n"
        "A pure function of the received bytes and the parser's version. A home needs none: there is always one file "
        "without rows.",
        group_name="raw",
        owners=OWNERS,
        kinds={"python", "parquet"},
        deps=[landing_receipts],
    )
    def raw_documents(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
        home = warehouse.home
        receipts = receipts_of(reader, snapshot_state(home))
        write_schema(home, reader)
        new = [receipt for receipt in receipts if write_document(home, reader, receipt)]
        for receipt in new:
            context.log.info(f"{receipt.receipt_id} {receipt.name}: {receipt.rows} rows parsed")
        rows = sum(pq.read_metadata(document_path(home, reader, receipt)).num_rows for receipt in receipts)
        return dg.MaterializeResult(metadata={"files": len(receipts), "files parsed now": len(new), "rows": rows})

    return raw_documents


#: By source what the rows of its lists or documents are.
WHAT = {
    "gacc_nomenclature": "Codes, names and units of the customs' own lists as printed",
    "comtrade_annual": "Figures of UN Comtrade's annual answers as printed",
    "gacc_bulletin": "Figures of the customs' bulletins as printed",
    "exchange_rates": "Monthly exchange rates as printed",
}
RAW = [
    *(_raw_trade(source) for source in TRADE.values()),
    *(_raw_documents(reader, WHAT[name]) for name, reader in READERS.items()),
]
