"""Dagster's events through connections that stay open: what one store writes, another one reads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster as dg
import pytest

from orchestration.automation.event_log import OpenEventLog
from orchestration.automation.instance import instance
from orchestration.base.settings import Home

SEEN = dg.AssetKey("seen")


@pytest.fixture(autouse=True)
def events() -> None:
    """Keep Dagster's events where they are read from."""


def test_events_are_read_by_either_store(home: Home) -> None:
    """Written from several threads, and beside a store that opens a connection each time."""
    with instance(home, in_terminal=True) as terminal, instance(home) as other:
        assert isinstance(terminal.event_log_storage, OpenEventLog)
        assert not isinstance(other.event_log_storage, OpenEventLog)
        with ThreadPoolExecutor(4) as pool:
            writers = [terminal if n % 2 else other for n in range(12)]
            list(pool.map(lambda made: made.report_runless_asset_event(dg.AssetObservation(SEEN)), writers))
        for reader in (terminal, other):
            assert len(reader.fetch_observations(SEEN, limit=50).records) == 12


def test_what_is_open_is_closed(home: Home) -> None:
    """No file of the store is left open when the instance is."""
    with instance(home, in_terminal=True) as made:
        made.report_runless_asset_event(dg.AssetObservation(SEEN))
        assert _open_below(home.dagster / "history")
    assert not _open_below(home.dagster / "history")


def test_half_an_event_is_none(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of an event for all runs comes by one transaction: where its second part fails, the first is not
    there either, and the next event is kept as ever.
    """
    said = dg.AssetCheckEvaluation(SEEN, "is_right", passed=True, metadata={})
    with instance(home, in_terminal=True) as made:
        with monkeypatch.context() as patched:
            patched.setattr(OpenEventLog, "_store_runless_asset_check_evaluation", _fails)
            with pytest.raises(OSError, match="no room"):
                made.report_runless_asset_event(said)
        assert _kept(made) == 0
        made.report_runless_asset_event(said)
        assert _kept(made) == 1


def _fails(*_: object) -> None:
    raise OSError("no room")


def _kept(made: dg.DagsterInstance) -> int:
    assert isinstance(made.event_log_storage, OpenEventLog)
    with made.event_log_storage.index_connection() as connection:
        of_all_runs = "select count(*) from event_logs where dagster_event_type = 'ASSET_CHECK_EVALUATION'"
        return int(connection.exec_driver_sql(of_all_runs).scalar_one())


def _open_below(folder: Path) -> list[str]:
    links = [path for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
    return [str(path.readlink()) for path in links if str(folder) in str(path.readlink())]
