"""Stage raw: typed rows with their line numbers, one immutable Parquet file a receipt and month."""

import dagster as dg
import pyarrow.parquet as pq

from orchestration.assets.common import MONTHS, OWNERS, SINGLE_RUN, log_other_months, months_of, snapshot_state
from orchestration.assets.landing import landing_receipts
from orchestration.build_plan import plan
from orchestration.settings import Home
from orchestration.sources.raw import raw_path, write_raw


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

    A pure function of the received bytes and the parser's version: a month that is there already is not parsed
    again, and months never share a file.
    """
    home = Home.default()
    state, asked = snapshot_state(home), months_of(context)
    months = sorted({*asked, *plan(home, state, asked).months})
    written, rows = 0, 0
    for receipt in state.active:
        covered = [m for m in months if receipt.scope.months[0] <= m <= receipt.scope.months[1]]
        if covered:
            context.log.debug(f"{receipt.receipt_id} {receipt.name}: {len(covered)} months")
        written += len(write_raw(home, receipt, covered))
        rows += sum(pq.read_metadata(raw_path(home, receipt, m)).num_rows for m in covered)
    log_other_months(context, [context.asset_key], months, asked)
    return dg.MaterializeResult(metadata={"months": len(months), "files written": written, "rows": rows})
