"""Stage raw: typed rows with their line numbers, one immutable Parquet file a receipt and month, or a code list."""

import datetime as dt
import os
from concurrent.futures import ThreadPoolExecutor

import dagster as dg
import pyarrow.parquet as pq

from orchestration.assets.common import MONTHS, OWNERS, SINGLE_RUN, is_told, log_other_months, months_of, snapshot_state
from orchestration.assets.landing import landing_receipts
from orchestration.settings import Home
from orchestration.sources.raw import raw_path, write_raw
from orchestration.sources.raw_lists import list_path, write_list, write_schema


@dg.asset(
    group_name="raw",
    owners=OWNERS,
    kinds={"python", "parquet"},
    partitions_def=MONTHS,
    backfill_policy=SINGLE_RUN,
    deps=[landing_receipts],
)
def raw_gacc(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Rows of China's customs exports as printed, typed, each with its line in the received file.

    A pure function of the received bytes and the parser's version: months never share a file, and what is there already
    is not parsed again. Whatever is missing is parsed, several files at once, also of months that nobody asked for.
    """
    home = Home.default()
    state, asked = snapshot_state(home), months_of(context)
    written: set[dt.date] = set()
    rows = files = 0
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        parsed = list(pool.map(lambda receipt: write_raw(home, receipt, receipt.scope.month_list), state.active))
    for receipt, new in zip(state.active, parsed, strict=True):
        covered = receipt.scope.month_list
        files += bool(new)
        if new and is_told(files):
            context.log.info(f"{receipt.receipt_id} {receipt.name}: {len(new)} months parsed")
        written.update(new)
        rows += sum(pq.read_metadata(raw_path(home, receipt, m)).num_rows for m in covered if m in asked or m in new)
    months = sorted({*asked, *written})
    log_other_months(context, [context.asset_key], months, asked)
    return dg.MaterializeResult(metadata={"months": len(months), "months parsed now": len(written), "rows": rows})


@dg.asset(group_name="raw", owners=OWNERS, kinds={"python", "parquet"}, deps=[landing_receipts])
def raw_gacc_nomenclature(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Codes, names and units of the customs' own lists as printed, each with its line in the received file.

    A pure function of the received bytes and the parser's version. A home needs no list: there is always one file
    without rows.
    """
    home = Home.default()
    lists = snapshot_state(home).code_lists
    write_schema(home)
    new = [receipt for receipt in lists if write_list(home, receipt)]
    for receipt in new:
        context.log.info(f"{receipt.receipt_id} {receipt.name}: {receipt.rows} codes parsed")
    rows = sum(pq.read_metadata(list_path(home, receipt)).num_rows for receipt in lists)
    return dg.MaterializeResult(metadata={"lists": len(lists), "lists parsed now": len(new), "rows": rows})
