"""UN Comtrade on a server of this machine, and Dagster's runs that ask it.

Belongs here: what tests of fetching in Dagster share. Not here: any test.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import dagster as dg
import pytest

from orchestration.automation.instance import instance
from orchestration.base.months import month_range, parse_month
from orchestration.base.settings import Home, settings
from orchestration.definitions import defs
from orchestration.landing.store import Landing
from tests.sources.comtrade.server import Comtrade, Key, serving

CHIPS = "comtrade_us_chips"
FETCHED = dg.AssetKey("fetched_comtrade")
CODES = ("854231", "854232", "854233", "854239", "854290")


def value_of(period: str, code: str) -> int:
    """Dollars that China's imports from the United States are said to be worth, in one code and month."""
    return 1_000_000 * CODES.index(code) + 1_000 * (int(period) - 201_500) + 77


def chips(first: str, last: str, more: int = 0) -> dict[Key, float]:
    """Figures of all codes of some months; `more`: what a revision adds to each."""
    months = [f"{month:%Y%m}" for month in month_range(parse_month(first), parse_month(last))]
    return {(m, "156", "M", "842", code): float(value_of(m, code) + more) for m in months for code in CODES}


@contextmanager
def comtrade(monkeypatch: pytest.MonkeyPatch, first: str = "2024-01", last: str = "2024-10") -> Iterator[Comtrade]:
    """A server that this process, and what it starts, asks without a pause; some months are out."""
    with serving() as known:
        monkeypatch.setenv("BONDED_COMTRADE_ADDRESS", known.address)
        monkeypatch.setenv("BONDED_COMTRADE_PAUSE", "0")
        monkeypatch.setattr(settings(), "fetch_attempts", 1)
        monkeypatch.setattr(settings(), "fetch_again_seconds", 0.0)
        known.publish(chips(first, last), "2024-12-20")
        yield known


def activate(home: Home, *names: str) -> None:
    """What `bonded fetch --dataset` does before it asks."""
    for name in names or (CHIPS,):
        Landing(home).activate(name)


@contextmanager
def opened(home: Home) -> Iterator[dg.DagsterInstance]:
    """Dagster's instance, with the home as that of the environment."""
    with home.serving(), instance(home) as made:
        yield made


def materialized(
    made: dg.DagsterInstance, *assets: str, months: tuple[str, str] | None = None
) -> dg.ExecuteInProcessResult:
    """A run of some assets over a range of months, as a backfill of them launches it."""
    ends = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
    tags = dict(zip(ends, months, strict=True)) if months else {}
    return _job(assets).execute_in_process(instance=made, raise_on_error=False, tags=tags)


@cache
def _job(assets: tuple[str, ...]) -> dg.JobDefinition:
    job = dg.define_asset_job("some", selection=dg.AssetSelection.assets(*assets), executor_def=dg.in_process_executor)
    return dg.Definitions(assets=defs.assets, resources=defs.resources, jobs=[job]).resolve_job_def("some")


def logged(made: dg.DagsterInstance, run_id: str) -> str:
    """All that a run has said, and why it failed."""
    logs = made.all_logs(run_id)
    failures = [e.dagster_event.step_failure_data for e in logs if e.dagster_event and e.dagster_event.is_step_failure]
    why = [data.user_failure_data.description or "" for data in failures if data.user_failure_data]
    return "\n".join([*why, *(entry.user_message for entry in logs)])


def green(made: dg.DagsterInstance, key: dg.AssetKey = FETCHED) -> set[str]:
    """The months that the UI shows as materialized."""
    return made.get_materialized_partitions(key)


def shown(made: dg.DagsterInstance, key: dg.AssetKey = FETCHED) -> dict[str, object]:
    """What the last observation of an asset shows."""
    (record,) = made.fetch_observations(key, limit=1).records
    assert record.asset_observation
    return {name: said.value for name, said in record.asset_observation.metadata.items()}
