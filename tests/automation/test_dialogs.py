"""What else the dialogs of the Dagster UI launch: groups, all months, re-executions; one of each kind: `test_ui.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.automation.instance import instance
from orchestration.automation.sensors import inbox_files
from orchestration.base.settings import Home
from orchestration.landing.store import Landing
from orchestration.releases.store import Releases
from orchestration.terminal.run import run_home
from orchestration.warehouse.raw import raw_path, write_raw
from tests.assets.test_graph import graph
from tests.automation.control_room import ASSETS_JOB, ControlRoom, Run
from tests.automation.test_inbox_daemon import drop
from tests.automation.test_launch_ways import BAD, more_in, never_published, red
from tests.automation.test_ui import ALL, BUILD, home, room, steps
from tests.conftest import add, csv_text, row, tree

__all__ = ["home", "room"]

pytestmark = [pytest.mark.daemon, pytest.mark.own_run("runs are launched on it from the UI")]


def said(home: Home, run: Run) -> str:
    """All that a run has logged, and why its steps failed."""
    with instance(home) as made:
        logs = made.all_logs(run.run_id)
    failures = [e.dagster_event.step_failure_data for e in logs if e.dagster_event and e.dagster_event.is_step_failure]
    why = [data.user_failure_data.description or "" for data in failures if data.user_failure_data]
    return "\n".join([*why, *(event.user_message for event in logs)])


def built(home: Home) -> dict[str, bytes]:
    """What a refused run must leave as it is."""
    files = {str(path): path.read_bytes() for path in (home.warehouse / "built.json", home.build_database)}
    return files | tree(home.raw) | {"current": str(Releases(home).current_id()).encode()}


@pytest.mark.series("test_a_range_of_the_job_is_one_run")
def test_release_and_months_together_are_audited_once(room: ControlRoom, home: Home) -> None:
    """Dagster makes a run of each, with months and without; the release audits, and tells of the months asked for."""
    runs = room.backfill(["release", "inspected_month"], ["2024-01", "2024-02"])
    assert {run.status for run in runs} == {"SUCCESS"} and steps(home, runs) == {"inspected_month": 1, "release": 1}
    (inspecting,) = [run for run in runs if steps(home, [run])["inspected_month"]]
    assert "the release that was launched with it audits" in said(home, inspecting)


@pytest.mark.series("test_months_that_nobody_has_received_are_refused")
def test_months_that_nobody_has_received_are_refused_in_words(room: ControlRoom, home: Home) -> None:
    """The dialog's "Missing": only what fetches runs, nothing is built, and the run says which months can be had."""
    before = built(home)
    runs = room.backfill(ALL, ["2023-11", "2023-12"])
    failed = [run for run in runs if run.status != "SUCCESS"]
    assert failed and all("Nobody has received 2023-11..2023-12" in said(home, run) for run in failed)
    assert all("Months that can be built: 2024-01..2024-04" in said(home, run) for run in failed)
    assert built(home) == before
    landing = [name for name in ALL if graph()[name]["group"] == "landing"]
    assert landing and room.launch(ASSETS_JOB, landing).status == "SUCCESS", "what has no months is not concerned"


@pytest.mark.series("test_months_that_nobody_has_received_are_refused")
def test_all_assets_with_months_that_were_received(room: ControlRoom, home: Home, tmp_path: Path) -> None:
    """Green where everything reflects landing; else what stands above facts that do not is refused, with the job."""
    assert {run.status for run in room.backfill(ALL, ["2024-01", "2024-02"])} == {"SUCCESS"}
    before = Releases(home).current_id()
    receipt = add(home, tmp_path, [row("202402", value="77")], months="2024-02")
    failed = [run for run in room.backfill(ALL, ["2024-01", "2024-02"]) if run.status != "SUCCESS"]
    assert failed and all("launch the job publish" in said(home, run) for run in failed)
    assert Releases(home).current_id() == before
    assert room.launch("publish").status == "SUCCESS" and Releases(home).current_id() != before
    Landing(home).withdraw(receipt.receipt_id, "a trial")
    assert room.launch("publish").status == "SUCCESS"


@pytest.mark.series("test_months_that_nobody_has_received_are_refused")
def test_all_assets_with_all_months(room: ControlRoom, home: Home) -> None:
    """The dialog's "All" begins in 2015: refused, with the months that can be had."""
    before = built(home)
    failed = [run for run in room.backfill(ALL, None) if run.status != "SUCCESS"]
    assert failed and all("Months that can be built: 2024-01..2024-04" in said(home, run) for run in failed)
    assert built(home) == before


@pytest.mark.series("test_months_that_nobody_has_received_are_refused")
@pytest.mark.parametrize("group", sorted({str(asset["group"]) for asset in graph().values()}))
def test_each_group_is_green(room: ControlRoom, group: str) -> None:
    """As the page of a group launches it: with months if one of its assets has them."""
    assets = [name for name, asset in graph().items() if asset["group"] == group]
    if any(graph()[name]["monthly"] for name in assets):
        runs = room.backfill(assets, ["2024-01", "2024-02"])
    else:
        runs = [room.launch(ASSETS_JOB, assets)]
    assert runs and {run.status for run in runs} == {"SUCCESS"}


def fails(room: ControlRoom, home: Home, folder: Path, *jobs: tuple[str, dict[str, str]]) -> list[Run]:
    """Runs on a raw file of a later receipt that is damaged; they fail, and then the receipt is withdrawn."""
    before = Releases(home).current_id()
    receipt = add(home, folder, [row("202403", value="77")], months="2024-03")
    write_raw(home, receipt, receipt.scope.month_list)
    more_in(raw_path(home, receipt, receipt.scope.month_list[0]))
    runs = [room.launch(job, **tags) for job, tags in jobs]
    assert {run.status for run in runs} == {"FAILURE"} and Releases(home).current_id() == before
    Landing(home).withdraw(receipt.receipt_id, "a trial")
    return runs


@pytest.mark.series("test_a_range_of_the_job_is_one_run")
def test_a_run_is_launched_again_after_its_failure_was_mended(room: ControlRoom, home: Home, tmp_path: Path) -> None:
    """`publish` from where it failed: published."""
    before = Releases(home).current_id()
    (due,) = fails(room, home, tmp_path, ("publish", {}))
    assert "2024-03 is made of more0.csv" in said(home, due)
    assert room.again(due.run_id, "FROM_FAILURE").status == "SUCCESS" and Releases(home).current_id() != before


@pytest.mark.series("test_a_range_of_the_job_is_one_run")
def test_a_month_that_failed_is_launched_again(room: ControlRoom, home: Home, tmp_path: Path) -> None:
    """From where it failed, what was to build on it says what to launch, until that was done; then all steps."""
    (ranged, due) = fails(room, home, tmp_path, (BUILD, {"dagster/partition": "2024-03"}), ("publish", {}))
    untouched = built(home)
    again = room.again(ranged.run_id, "FROM_FAILURE")
    assert again.status == "FAILURE" and "launch the job publish" in said(home, again) and built(home) == untouched
    assert room.again(due.run_id, "FROM_FAILURE").status == "SUCCESS"
    assert room.again(ranged.run_id, "ALL_STEPS").status == "SUCCESS"


@pytest.mark.series("test_the_terminal")
def test_backfill_and_sensor_publish_no_damaged_month(room: ControlRoom, home: Home) -> None:
    """A backfill of the month, then a file that arrives in the inbox, then the terminal."""
    assert red(home) == set()
    with never_published(home):
        (run,) = room.backfill([name for name in ALL if name != "inspected_month"], [BAD], BUILD)
        assert run.status == "FAILURE"
        drop(home, "new.csv", csv_text([row("202404", value="77")]))
        by_sensor = [{"key": "dagster/sensor_name", "value": inbox_files.name}]
        room.until("a run of the sensor", lambda: bool(room.runs(tags=by_sensor)))
        assert room.ended(room.runs(tags=by_sensor)[0].run_id).status == "FAILURE"
        assert run_home(home, []).failure
