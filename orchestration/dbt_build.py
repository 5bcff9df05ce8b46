"""Running dbt in this process: a fraction of the start-up of a subprocess, with the same events.

The database is closed behind it, since dbt would keep it open (and locked) until the process ends.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from orchestration.release_calendar import add_months
from orchestration.settings import DBT_PROJECT, Home, settings

Event = dict[str, Any]


@dataclass
class DbtOutcome:
    """Result events of the nodes, in order, as dbt logs them; and what failed, in words."""

    events: list[Event] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def run_dbt(
    home: Home,
    select: str,
    *,
    exclude: str = "",
    window: tuple[dt.date, dt.date] | None = None,
    full_refresh: bool = False,
) -> DbtOutcome:
    """`dbt build` of a selection in the home's build database; never raises for a failing node.

    `window`: first and last month; facts replace these months only.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import cleanup_connections, reset_adapters
    from dbt.cli.main import dbtRunner
    from google.protobuf.json_format import MessageToDict

    outcome = DbtOutcome()

    def keep(event: Any) -> None:
        if event.info.name in {"LogSeedResult", "LogModelResult", "LogTestResult"}:
            outcome.events.append(MessageToDict(event, preserving_proto_field_name=True))

    try:
        with _environment(home):
            result = dbtRunner(callbacks=[keep]).invoke(_arguments(home, select, exclude, window, full_refresh))
    finally:
        cleanup_connections()
        reset_adapters()
        DuckDBConnectionManager.close_all_connections()
    if result.exception is not None:
        outcome.failures.append(str(result.exception).strip())
    for node in getattr(result.result, "results", None) or ():
        if node.status in ("error", "fail", "runtime error"):
            outcome.failures.append(f"{node.node.name}: {str(node.message).strip()}")
    if not result.success and not outcome.failures:
        outcome.failures.append("dbt failed without saying why; see dbt.log in the home's warehouse/dbt folder")
    return outcome


def _arguments(
    home: Home, select: str, exclude: str, window: tuple[dt.date, dt.date] | None, full_refresh: bool
) -> list[str]:
    target = str(home.warehouse / "dbt")
    arguments = ["--log-level", "none", "--log-path", target, "--no-use-colors", "build", "--select", *select.split()]
    arguments += ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT), "--target-path", target]
    arguments += ["--exclude-resource-type", "unit_test", "--indirect-selection", "buildable"]
    if exclude:
        arguments += ["--exclude", *exclude.split()]
    if window is not None:
        arguments += ["--event-time-start", str(window[0]), "--event-time-end", str(add_months(window[1], 1))]
    return [*arguments, "--full-refresh"] if full_refresh else arguments


@contextlib.contextmanager
def _environment(home: Home) -> Iterator[None]:
    """The two variables that the profile reads, for the time of the run."""
    wanted = {
        "BONDED_HOME": str(home.root),
        "BONDED_DUCKDB_MEMORY": settings().duckdb_memory,
        "DO_NOT_TRACK": "1",
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
