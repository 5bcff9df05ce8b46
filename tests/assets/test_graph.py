"""The graph as it is meant to be: an unintended change of assets, checks, groups or policies shows here."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._core.definitions.partitions.context import partition_loading_context

from orchestration.assets.common import MONTHS
from orchestration.automation.schedules import DUE_TAG, SCHEDULES, release_day, schedules_of
from orchestration.base.settings import PROJECT, Home
from orchestration.definitions import defs
from orchestration.gates.suites import declared_gates
from orchestration.landing.receive import receive
from orchestration.landing.scope import Declaration
from orchestration.sources.catalogue import TRADE
from orchestration.sources.gacc.offer import OFFER as GACC
from tests.conftest import row, write_csv
from tests.second_source import OTHER, offer

SNAPSHOT = Path(__file__).with_name("graph.json")


def graph() -> dict[str, dict[str, object]]:
    """Every asset with what a reader of the UI sees of its place."""
    repository = defs.get_repository_def()
    found = {}
    for key, node in sorted(repository.asset_graph._asset_nodes_by_key.items()):  # type: ignore[attr-defined]
        if not node.is_materializable:
            continue
        found[key.to_user_string()] = {
            "group": node.group_name,
            "owners": list(node.owners),
            "kinds": sorted(node.kinds),
            "deps": sorted(k.to_user_string() for k in node.parent_keys),
            "monthly": node.partitions_def == MONTHS,
            "single_run": node.backfill_policy == dg.BackfillPolicy.single_run(),
            "described": bool(node.description),
            "checks": sorted(c.name for c in node.check_keys),
        }
    return found


def test_the_graph_is_the_reviewed_one() -> None:
    """To accept a change: python -m tests.assets.test_graph, and read the diff."""
    assert graph() == json.loads(SNAPSHOT.read_text(encoding="utf-8"))


def test_everything_is_owned_described_and_grouped_by_stage() -> None:
    """A new colleague reads the graph from left to right."""
    assets = graph()
    groups = {"fetch", "landing", "raw", "staging", "core", "marts", "release"}
    assert {a["group"] for a in assets.values()} == groups
    assert all(a["owners"] and a["described"] and a["kinds"] for a in assets.values())
    assert {name for name, a in assets.items() if a["monthly"]} == {
        *(f"raw_{name}" for name in TRADE), "fct_trade_monthly", "fct_trade_world_monthly", "quarantine",
        "inspected_month", *(f"fetched_{name}" for name, source in TRADE.items() if source.web is not None),
    }  # fmt: skip
    assert all(a["single_run"] for a in assets.values() if a["monthly"])


def test_gates_are_monthly_checks() -> None:
    """Each gate is a check of the months as they were audited."""
    assets = graph()
    assert set(assets["inspected_month"]["checks"]) == set(declared_gates(PROJECT / "expectations"))  # type: ignore[call-overload]


DETAIL_RELEASE_DAY = SCHEDULES[0]
TICKS = {
    "2024-11-20": "2024-10", "2024-02-20": "2023-12", "2024-03-20": "2024-01..2024-02", "2019-02-20": "2019-01",
    "2018-07-20": "2018-03..2018-06",
}  # fmt: skip


@pytest.mark.parametrize("day", TICKS)
@pytest.mark.usefixtures("home")
def test_the_schedule_names_the_months_that_are_out(day: str) -> None:
    """On the 20th, Beijing time; in February nothing new is out, in March two months are."""
    at = dt.datetime.fromisoformat(f"{day}T17:00:00+08:00")
    context = dg.build_schedule_context(scheduled_execution_time=at)
    request = DETAIL_RELEASE_DAY(context)
    assert isinstance(request, dg.RunRequest) and request.tags[DUE_TAG] == TICKS[day]
    assert request.partition_key is None, "a month that nothing has been received for must not show as materialized"
    assert DETAIL_RELEASE_DAY.cron_schedule == "0 17 20 * *"
    assert DETAIL_RELEASE_DAY.execution_timezone == "Asia/Shanghai"
    assert DETAIL_RELEASE_DAY.name == "detail_release_day"


def test_the_schedule_names_what_each_dataset_lacks(home: Home, tmp_path: Path) -> None:
    """In the tags of the run, all months that are out and not there."""
    receive(home, write_csv(tmp_path / "a.csv", [row("202312")]), Declaration(dataset="us_chips", months="2023-12"))
    at = dt.datetime.fromisoformat("2024-03-20T17:00:00+08:00")
    request = DETAIL_RELEASE_DAY(dg.build_schedule_context(scheduled_execution_time=at))
    assert isinstance(request, dg.RunRequest)
    assert request.tags[f"{DUE_TAG}.us_chips"] == "2017-01..2023-11, 2024-01..2024-02"
    assert set(request.tags) == {DUE_TAG, f"{DUE_TAG}.us_chips"}


def test_a_source_brings_its_own_schedule() -> None:
    """By declaring when; one that does not, or makes its figures up, has none."""
    often = replace(OTHER, release_cron="30 9 14 * *")
    assert schedules_of([OTHER, replace(often, is_synthetic=True)]) == []
    (china, other) = schedules_of([GACC, often])
    assert (china.name, other.name) == ("detail_release_day", "other_release_day")
    assert (other.cron_schedule, other.execution_timezone) == ("30 9 14 * *", "America/Los_Angeles")


def test_a_schedule_speaks_of_its_own_source(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its calendar on its own day, and its own datasets; those of China are left to China's."""
    offer(monkeypatch)
    receive(home, write_csv(tmp_path / "a.csv", [row("202312")]), Declaration(dataset="us_chips", months="2023-12"))
    at = dt.datetime.fromisoformat("2025-01-14T05:00:00+08:00")
    request = release_day(replace(OTHER, release_cron="0 13 13 * *"))(
        dg.build_schedule_context(scheduled_execution_time=at)
    )
    assert isinstance(request, dg.RunRequest) and set(request.tags) == {DUE_TAG}
    assert request.tags[DUE_TAG] == "2024-10", "in Los Angeles it is the 13th"


def test_months_begin_with_the_first_of_any_source_and_are_there_when_they_have_ended_anywhere() -> None:
    """So that whatever can be received has a partition."""
    assert MONTHS.get_first_partition_key() == f"{min(source.first_month for source in TRADE.values()):%Y-%m}"
    ended = dt.datetime.fromisoformat("2024-12-01T00:00:00+14:00")
    for moment, last in ((ended, "2024-11"), (ended - dt.timedelta(seconds=1), "2024-10")):
        with partition_loading_context(effective_dt=moment):
            assert MONTHS.get_last_partition_key() == last


def test_workspace_and_pyproject_open_the_same_code_location() -> None:
    """workspace.yaml and [tool.dg] name one module."""
    workspace = yaml.safe_load((PROJECT / "workspace.yaml").read_text(encoding="utf-8"))
    module = workspace["load_from"][0]["python_module"]["module_name"]
    assert f'code_location_target_module = "{module}"' in (PROJECT / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.own_run("Dagster's own command, in a process of its own")
def test_definitions_validate() -> None:
    """As an engineer would check them."""
    command = [str(Path(sys.executable).with_name("dagster")), "definitions", "validate", "-w", "workspace.yaml"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "All code locations passed validation" in done.stderr + done.stdout


@pytest.mark.series("test_definitions_validate")
@pytest.mark.own_run("Dagster's own command, in a process of its own")
@pytest.mark.parametrize("verb", ["check", "list"])
def test_dg_finds_the_definitions(verb: str, tmp_path: Path) -> None:
    """Of the project as it lies in a clone, without a word on where."""
    command = [str(Path(sys.executable).with_name("dg")), verb, "defs"]
    place = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=PROJECT, env=place, capture_output=True, text=True, check=False)
    said = {"check": "All definitions loaded successfully", "list": "build_and_publish"}[verb]
    assert done.returncode == 0 and said in done.stdout + done.stderr


if __name__ == "__main__":
    SNAPSHOT.write_text(json.dumps(graph(), indent=1) + "\n", encoding="utf-8")
