"""Stage raw: typed rows with their line numbers, one immutable Parquet file a receipt and month, or a document."""

import datetime as dt
import os
from concurrent.futures import ThreadPoolExecutor

import dagster as dg
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.assets.common import (
    MONEY,
    MONTHS,
    OWNERS,
    SINGLE_RUN,
    Warehouse,
    is_told,
    months_of,
    must_be_received,
    snapshot_state,
    tell_months,
)
from orchestration.assets.landing import landing_receipts
from orchestration.sources.source import Reader
from orchestration.warehouse.raw import raw_path, remove_leftovers, write_raw
from orchestration.warehouse.raw_documents import READERS, document_path, receipts_of, write_document, write_schema


@dg.asset(
    group_name="raw",
    owners=OWNERS,
    kinds={"python", "parquet"},
    partitions_def=MONTHS,
    backfill_policy=SINGLE_RUN,
    deps=[landing_receipts],
)
def raw_gacc(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Rows of China's customs exports as printed, typed, each with its line in the received file.

    A pure function of the received bytes and the parser's version: months never share a file, and what is there already
    is not parsed again. Whatever is missing is parsed, several files at once, also of months that nobody asked for.
    """
    home = warehouse.home
    state, asked = snapshot_state(home), months_of(context)
    must_be_received(state, asked)
    remove_leftovers(home)
    figures: dict[dt.date, dict[str, int]] = {month: {"rows": 0} for month in asked}
    files = 0
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        parsed = list(pool.map(lambda receipt: write_raw(home, receipt, receipt.scope.month_list), state.active))
    for receipt, new in zip(state.active, parsed, strict=True):
        files += bool(new)
        if new and is_told(files):
            context.log.info(f"{receipt.receipt_id} {receipt.name}: {len(new)} months parsed")
        for month in {*new, *(set(asked) & set(receipt.scope.month_list))}:
            values = pq.read_table(raw_path(home, receipt, month), columns=["value"])["value"]
            of_month, money = figures.setdefault(month, {"rows": 0}), MONEY[receipt.scope.currency]
            of_month["rows"] += len(values)
            of_month[money] = of_month.get(money, 0) + int(pc.sum(values).as_py() or 0)
    tell_months(context, {context.asset_key: figures}, asked)
    return dg.MaterializeResult(metadata={"files": len(state.active), "files parsed now": files})


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


raw_gacc_nomenclature = _raw_documents(
    READERS["gacc_nomenclature"], "Codes, names and units of the customs' own lists as printed"
)
raw_gacc_bulletin = _raw_documents(READERS["gacc_bulletin"], "Figures of the customs' bulletins as printed")
raw_exchange_rates = _raw_documents(READERS["exchange_rates"], "Monthly exchange rates as printed")
