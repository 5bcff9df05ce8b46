"""Dagster's store of events with connections that stay open: it opens two for each event, a third of what one costs.

For a process that runs once and ends. Long-lived ones keep Dagster's own, which holds no file of any run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import SingletonThreadPool


class OpenEventLog(SqliteEventLogStorage):
    """One connection for each thread and file, until the store is disposed of."""

    def __init__(self, *args: Any, **said: Any) -> None:
        self._engines: dict[str, Engine] = {}
        super().__init__(*args, **said)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> OpenEventLog:
        """As Dagster makes it from the configuration of an instance."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engines = self._engines
            if shard not in engines:
                engines[shard] = create_engine(
                    self.conn_string_for_shard(shard),
                    poolclass=SingletonThreadPool,
                    connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS},
                )
                event.listen(engines[shard], "connect", _hand_over)
            if shard not in self._initialized_dbs:
                self._initdb(engines[shard])
                self._initialized_dbs.add(shard)
            with engines[shard].begin() as connection:
                yield connection

    def dispose(self) -> None:
        """Close what is open."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()


def _hand_over(connection: Any, _: Any) -> None:
    """Let the system write to the disk when it likes: a loss of power may cost the last events, never the store."""
    connection.execute("pragma synchronous = normal")
