"""A run that is interrupted ends within seconds, unpublished; one that is killed keeps nobody waiting."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import dagster as dg
import pytest

from orchestration.automation.instance import instance
from orchestration.base.settings import PROJECT, Home
from orchestration.releases.store import Releases
from tests.conftest import add, many, published, row, value

#: Runs a home, and tells when it has come to a point; there it is in a query that hears nothing.
RUN = """
    import sys
    from pathlib import Path
    import duckdb
    from orchestration.base.settings import Home
    from orchestration.gates import audit
    from orchestration.landing import inbox
    from orchestration.releases import candidate, publish, store
    from orchestration.terminal.run import run_home
    from orchestration.warehouse import dbt, raw
    def stay(*_, **__):
        print("here", flush=True)
        for _ in range(2):
            try:
                duckdb.sql("select max(hash(range)) from range(1_000_000_000_000)").fetchall()
            except (KeyboardInterrupt, RuntimeError):
                pass  # as a library may
    points = {"dbt": (dbt, "parsed_project"), "candidate": (candidate, "write_database"), "audit": (audit, "gather")}
    setattr(*points[sys.argv[2]], stay)
    sys.exit(not run_home(Home(Path(sys.argv[1])), []).ok)
"""


def begun(home: Home, point: str) -> subprocess.Popen[str]:
    """A run that has come to a point, in a session of its own."""
    run = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(RUN), str(home.root), point],
        cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
    )  # fmt: skip
    assert run.stdout is not None and run.stdout.readline() == "here\n"
    return run


@pytest.fixture(autouse=True)
def events() -> None:
    """Keep Dagster's events where the next run finds them."""


@pytest.mark.series
@pytest.mark.own_run("runs are interrupted, and the next one is green")
def test_an_interrupted_run_ends_and_the_next_is_green(small: Home, tmp_path: Path) -> None:
    """In each phase; by kill -9 of the whole tree as well, where nobody can tell Dagster."""
    add(small, tmp_path, [row("202403", value="77")], months="2024-03")
    before = Releases(small).current_id()
    points = many((("audit", signal.SIGTERM),), (
        ("dbt", signal.SIGINT), ("dbt", signal.SIGTERM), ("dbt", signal.SIGKILL), ("candidate", signal.SIGINT),
        ("candidate", signal.SIGKILL), ("audit", signal.SIGINT), ("audit", signal.SIGTERM), ("audit", signal.SIGKILL),
    ))  # fmt: skip
    for point, how in points:
        run, asked = begun(small, point), time.monotonic()
        os.killpg(run.pid, how)
        assert run.wait(timeout=30) != 0 and time.monotonic() - asked < 5, (point, how)
        assert Releases(small).current_id() == before
    assert published(small).outcome == "published" and value(small, "2024-03") == 77
    with instance(small) as made:
        runs = made.get_runs()
    assert sum(not run.is_finished for run in runs) == 0 and runs[0].status == dg.DagsterRunStatus.SUCCESS
