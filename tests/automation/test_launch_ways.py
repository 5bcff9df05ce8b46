"""Whoever launches a run, a damaged month is never published: terminal, job, release alone.

Backfill and sensor: `test_dialogs.py`, where a daemon is.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from orchestration.assets.inspected import INSPECTED
from orchestration.automation.instance import instance
from orchestration.base.settings import PROJECT, Home
from orchestration.definitions import defs
from orchestration.gates.suites import declared_gates
from orchestration.landing.store import Landing
from orchestration.releases.store import Releases
from orchestration.warehouse.raw import raw_path
from tests.assets.test_runs import materialize
from tests.conftest import MONTHS

BAD = "2024-02"
#: A check of a table that no receipt makes stale.
UNTOUCHED = dg.AssetCheckKey(
    dg.AssetKey("dim_bloc_member"), "unique_key_dim_bloc_member_bloc_code__partner_iso3__valid_from"
)


def damage(home: Home) -> None:
    """Five dollars more in a row of the raw file of one month, which every run builds from."""
    (receipt,) = Landing(home).state().active
    month = next(m for m in receipt.scope.month_list if f"{m:%Y-%m}" == BAD)
    more_in(raw_path(home, receipt, month), line=8)


def more_in(path: Path, line: int = 2) -> None:
    """Five dollars more in one line of a raw file."""
    rows = f"read_parquet('{path}', hive_partitioning = false)"
    with duckdb.connect() as con:
        con.execute(
            f"create table t as select * replace ((value + if(line = {line}, 5, 0))::bigint as value) from {rows}"
        )
        assert con.execute(f"select count(*) from t anti join {rows} using (line, value)").fetchone() == (1,)
        con.execute(f"copy t to '{path}' (format parquet)")


def red(home: Home) -> set[tuple[str, str]]:
    """Gates and months whose latest check has failed, as the UI reads them; warnings are none."""
    found: dict[tuple[str, str], bool] = {}
    folder = PROJECT / "expectations"
    with instance(home) as made:
        for gate in declared_gates(folder):
            key = dg.AssetCheckKey(INSPECTED, gate)
            for record in made.event_log_storage.get_asset_check_execution_history(key, limit=1_000):
                event = record.event.dagster_event if record.event else None
                # A run that was refused has planned checks and evaluated none.
                if record.partition is not None and event and event.event_type_value == "ASSET_CHECK_EVALUATION":
                    evaluation = event.asset_check_evaluation_data
                    is_red = not evaluation.passed and evaluation.severity == dg.AssetCheckSeverity.ERROR
                    found.setdefault((gate, record.partition), is_red)
    assert {month for gate, month in found if gate == "layers"} == {f"{m[:4]}-{m[4:]}" for m in MONTHS}
    return {key for key, failed in found.items() if failed}


@contextmanager
def never_published(home: Home) -> Iterator[None]:
    """One month is damaged; afterwards nothing has been published, and that month alone is red."""
    damage(home)
    releases = Releases(home)
    before, ids = releases.current_id(), releases.ids()
    assert before is not None
    yield
    assert releases.current_id() == before and releases.ids() == ids
    assert red(home) == {("layers", BAD)}


@pytest.fixture
def damaged(small: Home) -> Iterator[None]:
    """The small home with one damaged month."""
    with never_published(small):
        yield


@pytest.mark.own_run("a damaged home is launched in this way")
@pytest.mark.usefixtures("damaged")
def test_the_terminal(small: Home) -> None:
    """`bonded run` exits 1 and names gate, month and figures; so it does when the month is asked for, and where the
    user's own folder cannot be written to.
    """
    said = subprocess.run(
        [sys.executable, "-m", "orchestration.terminal.cli", "run", "--months", BAD, "--home", str(small.root)],
        cwd=PROJECT, env={**os.environ, "HOME": "/proc/nobody"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 1 and "Traceback" not in said.stderr and "great_expectations" not in said.stderr
    assert f"layers: gacc import {BAD}, received = raw" in said.stdout and "difference 5," in said.stdout


@pytest.mark.series("test_the_terminal")
@pytest.mark.own_run("a damaged home is launched in this way")
@pytest.mark.usefixtures("damaged")
def test_the_job(small: Home) -> None:
    """The job over a range of months, as from the Launchpad. What is kept as it is has passed, and says so."""
    tags = {"dagster/asset_partition_range_start": "2024-01", "dagster/asset_partition_range_end": "2024-04"}
    with small.serving(), instance(small) as made:
        job = defs.resolve_job_def("build_and_publish")
        failed = job.execute_in_process(instance=made, raise_on_error=False, tags=tags)
        (told,) = made.event_log_storage.get_asset_check_execution_history(UNTOUCHED, limit=1)
    assert not failed.success
    assert (told.run_id, told.status) == (failed.run_id, AssetCheckExecutionRecordStatus.SUCCEEDED)


@pytest.mark.series("test_the_release_alone_audits_again_and_shows_the_bad_month_only")
@pytest.mark.own_run("a damaged home is launched in this way")
@pytest.mark.usefixtures("damaged")
def test_the_release_alone(small: Home) -> None:
    """A "Materialize" on the release sails past every check of another asset, not past its own audit."""
    assert not materialize(small, "release").success
