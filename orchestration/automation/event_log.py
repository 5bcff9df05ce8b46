"""Dagster's store of events with connections that stay open, and one transaction for an event.

Its own opens several for each, and looks each time whether its tables are there: a large part of what an event costs.

For a process that runs once and ends. Long-lived ones keep Dagster's own, which holds no file of any run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.event import listen
from sqlalchemy.pool import SingletonThreadPool


class OpenEventLog(SqliteEventLogStorage):
    """One connection for each thread and file, until the store is disposed of."""

    def __init__(self, *args: Any, **said: Any) -> None:
        self._engines: dict[str, Engine] = {}
        self._begun: dict[str, Connection] = {}
        self._there: set[str] = set()
        # Who has begun a transaction comes back for more.
        self._lock = RLock()
        super().__init__(*args, **said)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> OpenEventLog:
        """As Dagster makes it from the configuration of an instance."""
        return cls(inst_data=inst_data, **config_value)

    def store_event(self, event: EventLogEntry) -> None:
        """An event of the run, then all that is kept of it for every run, in one transaction."""
        with self.index_connection():
            super().store_event(event)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._lock:
            if shard in self._begun:
                yield self._begun[shard]
                return
            with self._engine(shard).begin() as connection:
                self._begun[shard] = connection
                try:
                    yield connection
                finally:
                    del self._begun[shard]

    def _engine(self, shard: str) -> Engine:
        engines = self._engines
        if shard not in engines:
            engines[shard] = create_engine(
                self.conn_string_for_shard(shard),
                poolclass=SingletonThreadPool,
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS},
            )
            listen(engines[shard], "connect", _hand_over)
        if shard not in self._initialized_dbs:
            self._initdb(engines[shard])
            self._initialized_dbs.add(shard)
        return engines[shard]

    def has_table(self, table_name: str) -> bool:
        """Whether a table is there; one that is stays."""
        if table_name not in self._there and super().has_table(table_name):
            self._there.add(table_name)
        return table_name in self._there

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        if column_name not in self._there and super()._has_asset_key_col_on_connection(conn, column_name):
            self._there.add(column_name)
        return column_name in self._there

    def dispose(self) -> None:
        """Close what is open."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()


def _hand_over(connection: Any, _: Any) -> None:
    """Let the system write to the disk when it likes: a loss of power may cost the last events, never the store."""
    connection.execute("pragma synchronous = normal")
