"""The runs that the sensor of the inbox launches: exactly the months touched, refused files seen in the UI."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from orchestration.assets.landing import take_in_quiet
from orchestration.automation.instance import instance
from orchestration.automation.jobs import LAUNCHED_BY, publish
from orchestration.base.settings import Home, settings
from orchestration.definitions import defs
from orchestration.landing.inbox import take_in
from orchestration.landing.names import sidecar
from orchestration.landing.store import Landing
from orchestration.releases.store import Releases
from orchestration.terminal.run import run_home
from tests.conftest import MONTHS, build_wrongly, csv_text, row, value, write_csv

SCOPE = "source: gacc\nflow: import\nhs: [8542]\npartners: [{}]\nvintage: 2025-01-20\n"


def drop(home: Home, name: str, month: str, partner: str = "502") -> Path:
    """A file with its sidecar in the inbox itself."""
    file = write_csv(home.inbox / name, [row(month, partner, value="77")])
    sidecar(file).write_text(SCOPE.format(partner), encoding="utf-8")
    return file


@pytest.fixture(autouse=True)
def events() -> None:
    """Keep Dagster's events where they are read from."""


@pytest.fixture
def at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file counts as complete."""
    monkeypatch.setattr(settings(), "inbox_quiet_seconds", 0)


def launched(home: Home, **tags: str) -> dg.ExecuteInProcessResult:
    """A run as the daemon launches it for the sensor."""
    with home.serving(), instance(home) as opened:
        job = defs.resolve_job_def(publish.name)
        return job.execute_in_process(instance=opened, raise_on_error=False, tags=tags)


def of_assets(home: Home, run_id: str) -> list[str]:
    """The runs of assets that a run of `publish` has launched."""
    with instance(home) as opened:
        return [run.run_id for run in opened.get_runs(dg.RunsFilter(tags={LAUNCHED_BY: run_id}))]


def recorded(home: Home, asset: str, run_id: str) -> set[str | None]:
    """The partitions of an asset that a run has recorded as materialized."""
    with instance(home) as opened:
        records = opened.fetch_materializations(dg.AssetKey(asset), limit=100).records
    return {r.partition_key for r in records if r.run_id == run_id}


@pytest.mark.series("test_a_single_month_builds_what_else_is_stale")
@pytest.mark.own_run("what one run rebuilds is tested")
@pytest.mark.usefixtures("at_rest")
def test_exactly_the_months_touched_are_rebuilt_in_one_run(small: Home) -> None:
    """Not those in between: a mark left there in the build database is still there. Records name these months only."""
    build_wrongly(small, "update fct_trade_monthly set unit_1 = 'mark' where month in ('2024-01-01', '2024-02-01')")
    drop(small, "a.csv", "202401")
    drop(small, "b.csv", "202403")
    result = launched(small, **{"bonded/files": "2"})
    assert result.success and value(small, "2024-01") == value(small, "2024-03") == 77
    (run_id,) = of_assets(small, result.run_id)
    with instance(small) as opened:
        built = opened.get_run_by_id(run_id)
    assert built and built.job_name == "build_and_publish" and built.tags["bonded/files"] == "2"
    with duckdb.connect(str(small.build_database), read_only=True) as con:
        marked = con.execute("select distinct month from fct_trade_monthly where unit_1 = 'mark'").fetchall()
    assert [f"{m:%Y-%m}" for (m,) in marked] == ["2024-02"]
    for asset in ("raw_gacc", "fct_trade_monthly", "quarantine"):
        assert recorded(small, asset, run_id) == {None, "2024-01", "2024-03"}
    again = launched(small)
    assert again.success and not of_assets(small, again.run_id), "nothing is due"


@pytest.mark.series("test_a_refused_file_stays_red_until_it_is_put_right")
@pytest.mark.own_run("a run from either side meets a bad file")
@pytest.mark.usefixtures("at_rest")
def test_a_refused_file_is_a_failed_check_and_the_others_are_published(small: Home) -> None:
    """By daemon and from a terminal alike, with name and reason; the run itself is green."""
    ways: list[Callable[[Home], object]] = [launched, lambda home: run_home(home, [])]
    for launch in ways:
        before = Releases(small).current_id()
        bad = small.inbox / "bad\x1b[31m.csv"
        bad.write_text("<html>", encoding="utf-8")
        drop(small, f"good{before}.csv", "202402" if launch is launched else "202403")
        launch(small)
        assert Releases(small).current_id() != before and not bad.exists()
        ((name, reason),) = refused(small).items()
        assert not accepted(small)[0] and name.startswith("bad\\x1b[31m") and "web page" in reason
        (small.inbox / "rejected" / bad.name).unlink()


def evaluation(home: Home) -> dg.AssetCheckEvaluation:
    """The latest check of refused files."""
    with instance(home) as opened:
        key = dg.AssetCheckKey(dg.AssetKey("landing_receipts"), "inbox_accepted")
        latest = opened.event_log_storage.get_asset_check_execution_history(key, limit=1)[0]
    return latest.event.dagster_event.asset_check_evaluation_data  # type: ignore[union-attr]


def accepted(home: Home) -> tuple[bool, str]:
    """Whether the check of refused files is green by now, and what it says."""
    said = evaluation(home)
    return said.passed, said.description or ""


def refused(home: Home) -> dict[str, str]:
    """What that check shows: names, each with its reason."""
    return {name: str(reason.value) for name, reason in evaluation(home).metadata.items()}


@pytest.mark.own_run("it is told of by a run that finds nothing new")
@pytest.mark.usefixtures("at_rest")
def test_a_refused_file_stays_red_until_it_is_put_right(small: Home, capfd: pytest.CaptureFixture[str]) -> None:
    """Also where nothing is new; green when it is gone, or its bytes were received after all. Beside a bad file the
    good ones are published; the bad one is named with its reason, and no name is reported as it is.
    """
    text = csv_text([row("202404", value="77")])
    file = small.inbox / "us.csv"
    file.write_text(text, encoding="utf-8")
    for _ in range(2):
        assert launched(small).success
        passed, said = accepted(small)
        assert not passed and "us.csv" in said and "remove it from inbox/rejected/" in said
    before, bad = Releases(small).current_id(), small.inbox / os.fsdecode(b"bad\xff\x9b31m.csv")
    drop(small, bad.name, MONTHS[0]).write_text("<html>", encoding="utf-8")
    drop(small, "again.csv", "202404").write_text(text, encoding="utf-8")
    drop(small, "good\x1b]0;title\x07\n.csv", MONTHS[0])
    capfd.readouterr()
    summary = run_home(small, [])
    assert summary.failure is None and len(summary.refused) == 1 and len(summary.received) == 2
    assert Releases(small).current_id() != before and not bad.exists()
    passed, said = accepted(small)
    ((name, reason),) = refused(small).items()
    assert not passed and "us.csv" not in said and "bad\\xff\\x9b31m" in said
    assert name.startswith("bad\\xff\\x9b31m") and "web page" in reason
    assert {r.name for r in Landing(small).state().receipts[-2:]} == {"again.csv", "good\\x1b]0;title\\x07\\x0a.csv"}
    texts = [*reports(small), json.dumps(summary.as_dict(), ensure_ascii=False), *capfd.readouterr(), name, said]
    assert not [c for text in texts for c in text if c != "\n" and not c.isprintable()]
    (small.inbox / "rejected" / bad.name).unlink()
    assert launched(small).success and accepted(small)[0]


def reports(home: Home) -> list[str]:
    """The log of the last run, and what release and landing say in files."""
    with instance(home) as opened:
        run = opened.get_runs(limit=1)[0]
        log = "".join(e.user_message for e in opened.all_logs(run.run_id))
    files = [*(home.releases / "current").glob("*.[jh][st][om][nl]*"), *(home.landing / "records").iterdir()]
    return [log, *(file.read_text(encoding="utf-8") for file in files)]


@pytest.mark.usefixtures("at_rest")
def test_a_home_with_nothing_but_a_bad_file(home: Home) -> None:
    """The run fails and says so; the file is set aside all the same."""
    (home.inbox / "bad.csv").write_text("<html>", encoding="utf-8")
    result = launched(home)
    (failure,) = [e for e in result.all_events if e.is_step_failure]
    assert "holds nothing yet" in failure.step_failure_data.user_failure_data.description  # type: ignore[union-attr]
    assert (home.inbox / "rejected" / "bad.csv.reason.txt").exists()


def test_a_run_by_daemon_leaves_what_is_not_at_rest(home: Home) -> None:
    """A run from the terminal takes it: somebody stands beside it."""
    file = drop(home, "us.csv", "202401")
    assert take_in_quiet(home, lambda _: None).left == [file]
    assert len(take_in(home).received) == 1
