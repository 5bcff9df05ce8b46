"""Forgetting old runs (`BONDED_KEEP_RUN_DAYS`), save those that something the UI shows of an asset comes from.

Deleting a run deletes its events, so a month that only an old run built would look as if nobody had ever built it.
"""

from __future__ import annotations

import datetime as dt
import time
from contextlib import suppress
from pathlib import Path

import dagster as dg
import sqlalchemy as sa
from dagster._core.storage.dagster_run import FINISHED_STATUSES
from dagster._core.storage.event_log import SqlEventLogStorage, SqliteEventLogStorage
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, SqlEventLogStorageTable

from orchestration.base.settings import settings

#: Where the instance keeps when it was looked for old runs.
LOOKED = "bonded/looked_for_old_runs"
#: Seconds between two looks, and runs that are forgotten in one: each costs some 20 ms.
PAUSE, AT_ONCE = 3_600.0, 50


def forget_old_runs(made: dg.DagsterInstance) -> int:
    """Delete runs that ended before the days that are kept, the oldest first; how many. At most once an hour."""
    cursors, storage = made.daemon_cursor_storage, made.event_log_storage
    looked = float(cursors.get_cursor_values({LOOKED}).get(LOOKED) or 0)
    if time.time() - looked < PAUSE or not isinstance(storage, SqlEventLogStorage):
        return 0
    cursors.set_cursor_values({LOOKED: str(time.time())})
    before = dt.datetime.now(dt.UTC) - dt.timedelta(days=settings().keep_run_days)
    old = made.get_run_ids(dg.RunsFilter(statuses=FINISHED_STATUSES, created_before=before))
    shown = _shown(storage) if old else set()
    forgotten = [run_id for run_id in reversed(old) if run_id not in shown][:AT_ONCE]
    for run_id in forgotten:
        _forget(made, storage, run_id)
    return len(forgotten)


def _shown(storage: SqlEventLogStorage) -> set[str]:
    """The runs of the last event of each kind of every asset and partition, and of the last word of every check on it.

    A check that a run has planned and not judged counts beside the last one that was judged.
    """
    event, said = SqlEventLogStorageTable.c, AssetCheckExecutionsTable.c
    of_asset = sa.select(sa.func.max(event.id)).where(event.asset_key.is_not(None))
    of_check = sa.select(sa.func.max(said.id))
    latest = [
        sa.select(event.run_id).where(
            event.id.in_(of_asset.group_by(event.asset_key, event.partition, event.dagster_event_type))
        ),
        sa.select(said.run_id).where(
            said.id.in_(of_check.group_by(said.asset_key, said.check_name, said.partition, said.execution_status))
        ),
    ]
    with storage.index_connection() as con:
        return {run_id for query in latest for (run_id,) in con.execute(query)}


def _forget(made: dg.DagsterInstance, storage: SqlEventLogStorage, run_id: str) -> None:
    """A run with all that is kept of it: what Dagster deletes, and what it leaves behind."""
    made.delete_run(run_id)
    with storage.index_connection() as con:
        con.execute(AssetCheckExecutionsTable.delete().where(AssetCheckExecutionsTable.c.run_id == run_id))
    made.compute_log_manager.delete_logs(prefix=[run_id])
    if isinstance(storage, SqliteEventLogStorage):
        shard = storage.path_for_shard(run_id)
        for end in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(shard + end).unlink()
