"""What a run was launched with: Dagster splits a backfill of assets with and without months into several runs.

Belongs here: what one of them must know of the others. Not here: what it then does.
"""

import dagster as dg
from dagster._core.execution.backfill import PartitionBackfill

RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")


def launched_with(context: dg.AssetExecutionContext) -> set[dg.AssetKey]:
    """The assets of this run, and those of the other runs of its backfill."""
    backfill = _backfill(context)
    others = backfill.asset_selection if backfill else None
    return {*context.job_def.asset_layer.executable_asset_keys, *(others or ())}


def months_asked_of(context: dg.AssetExecutionContext, key: dg.AssetKey, months: dg.PartitionsDefinition) -> list[str]:
    """The months that were asked for of an asset with months, in this run or in its backfill."""
    if key in context.job_def.asset_layer.executable_asset_keys:
        tags = context.run.tags
        if "dagster/partition" in tags:
            return [tags["dagster/partition"]]
        if RANGE[0] in tags:
            return list(months.get_partition_keys_in_range(dg.PartitionKeyRange(*(tags[end] for end in RANGE))))
    backfill = _backfill(context)
    if backfill and backfill.asset_backfill_data and key in (backfill.asset_selection or ()):
        target = backfill.asset_backfill_data.target_subset.partitions_subsets_by_asset_key.get(key)
        return list(target.get_partition_keys()) if target else []
    return []


def _backfill(context: dg.AssetExecutionContext) -> PartitionBackfill | None:
    backfill_id = context.run.tags.get("dagster/backfill")
    return context.instance.get_backfill(backfill_id) if backfill_id else None
