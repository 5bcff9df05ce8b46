"""Schedules and the job that ask a publisher and then publish; whom they hold up, and whom they do not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from filelock import FileLock

from orchestration.automation import jobs
from orchestration.automation.jobs import fetch_and_publish, publish
from orchestration.automation.schedules import ASKED_TAG, DUE_TAG, SCHEDULES
from orchestration.automation.sensors import inbox_files
from orchestration.base.settings import Home, settings
from orchestration.definitions import defs
from orchestration.releases.store import Releases
from orchestration.warehouse.run_locks import hold
from tests.assets.asking import CHIPS, CODES, FETCHED, activate, comtrade, green, logged, opened, value_of
from tests.automation.test_inbox_runs import drop
from tests.conftest import query
from tests.sources.comtrade.server import Comtrade, Fault

BY_NAME = {schedule.name: schedule for schedule in SCHEDULES}
OF_CHIPS = "select strftime(month, '%Y%m'), value_usd from v_ic_by_partner where source = 'comtrade' order by month"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Comtrade]:
    """January to October 2024 are out."""
    with comtrade(monkeypatch) as known:
        yield known


def tick(source: str, day: str = "2024-12-20") -> dg.RunRequest | dg.SkipReason:
    """What the schedule of a source launches at noon of a day, where the source is."""
    schedule = BY_NAME[f"fetch_{source}"]
    at = dt.datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=ZoneInfo(str(schedule.execution_timezone)))
    said = schedule(dg.build_schedule_context(scheduled_execution_time=at))
    assert isinstance(said, dg.RunRequest | dg.SkipReason)
    return said


@pytest.mark.parametrize(
    ("source", "cron", "zone"),
    [
        ("comtrade", "0 6 * * *", "UTC"),
        ("exchange_rates", "0 9 6 * *", "Asia/Shanghai"),
        ("gacc_bulletin", "0 17 8,10,14,20 * *", "Asia/Shanghai"),
    ],
)
def test_a_source_is_asked_on_its_days(home: Home, source: str, cron: str, zone: str) -> None:
    """On unless stopped; nothing is launched where nothing of it is active, and the tick says what would make it so."""
    schedule = BY_NAME[f"fetch_{source}"]
    assert (schedule.cron_schedule, schedule.execution_timezone) == (cron, zone)
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING and schedule.job_name == fetch_and_publish.name
    why = tick(source)
    assert isinstance(why, dg.SkipReason) and f"of {source} is active in this home" in str(why.skip_message)
    activate(home, CHIPS if source == "comtrade" else source)
    request = tick(source)
    assert isinstance(request, dg.RunRequest) and request.tags[ASKED_TAG] == source and not request.partition_key
    assert request.run_config == {"ops": {"ask_and_do_what_is_due": {"config": {"source": source}}}}
    due = {f"{DUE_TAG}.{CHIPS}": "2015-01..2024-10"} if source == "comtrade" else {}
    assert request.tags == {ASKED_TAG: source, **due}


def asked(made: dg.DagsterInstance, config: Mapping[str, object] | None = None) -> dg.ExecuteInProcessResult:
    """A run of the job as a schedule launches it, or with some other config."""
    request = tick("comtrade")
    config = config or (request.run_config if isinstance(request, dg.RunRequest) else {})
    job = defs.resolve_job_def(fetch_and_publish.name)
    return job.execute_in_process(instance=made, raise_on_error=False, run_config=dict(config))


@pytest.mark.usefixtures("two_gates")
@pytest.mark.own_run("what is fetched is published")
def test_a_tick_leads_to_a_release(home: Home, server: Comtrade, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fetched, built, audited, published, with nobody waiting while it asks; the next one finds nothing due.

    Where one publisher refuses, what is due is done, and then the run fails in its words. `publish` asks nobody.
    """
    activate(home, CHIPS, "exchange_rates")
    monkeypatch.setenv("BONDED_EXCHANGE_RATES_ADDRESS", f"{server.address}/none")
    wait = jobs.ask

    def unhindered(*said: object) -> object:
        with FileLock(home.warehouse / ".lock", timeout=0):
            return wait(*said)  # type: ignore[arg-type]

    monkeypatch.setattr(jobs, "ask", unhindered)
    with opened(home) as made:
        done = asked(made)
        assert done.success, logged(made, done.run_id)
        first = Releases(home).current_id()
        months = [f"2024{number:02}" for number in range(1, 11)]
        assert query(home, OF_CHIPS) == [(m, sum(value_of(m, code) for code in CODES[:4])) for m in months]
        assert green(made) == set(), "the job is no run of the asset"
        log = [one.path for one in server.log]
        again = asked(made)
        assert again.success and "Nothing is due" in logged(made, again.run_id) and Releases(home).current_id() == first
        assert [one.path for one in server.log] == [*log, log[0]], "what is out, and nothing else"
        story = asked(made, {"ops": {"ask_and_do_what_is_due": {"config": {"source": "comtrade", "story": "chips"}}}})
        text = logged(made, story.run_id)
        assert story.success and "SYNTHETIC DATA: every figure is made up. " in text, text
        assert f"{CHIPS}: complete: 10 months held, 2024-01..2024-10" in text
        before = len(server.log)
        assert defs.resolve_job_def(publish.name).execute_in_process(instance=made).success
        assert len(server.log) == before
        refused = asked(made, {"ops": {"ask_and_do_what_is_due": {"config": {}}}})
        text = logged(made, refused.run_id)
        assert not refused.success and "exchange_rates answers 404: Resource not found" in text
        assert "Nothing is due" in text and len(server.log) == before + 2


def test_a_story_that_there_is_not_asks_nobody(home: Home, server: Comtrade) -> None:
    with opened(home) as made:
        done = asked(made, {"ops": {"ask_and_do_what_is_due": {"config": {"story": "ships"}}}})
        assert not done.success and "there is no story 'ships'" in logged(made, done.run_id) and server.log == []


def test_where_nothing_is_there_yet_nothing_is_built(home: Home, server: Comtrade) -> None:
    """Nothing active, nothing out, and a publisher that refuses all: each in a line, and no failure but the last."""
    config = {"ops": {"ask_and_do_what_is_due": {"config": {}}}}
    with opened(home) as made:
        none = asked(made, config)
        assert none.success and "Nothing that could be asked of any publisher is active" in logged(made, none.run_id)
        assert server.log == []
        unknown = asked(made, {"ops": {"ask_and_do_what_is_due": {"config": {"source": "gacc"}}}})
        assert not unknown.success and "gacc is no source that can be asked" in logged(made, unknown.run_id)
        activate(home)
        out = dict(server.out)
        server.out.clear()
        early = asked(made, config)
        assert early.success and "This home holds no trade yet" in logged(made, early.run_id)
        server.out |= out
        server.faults.append(Fault("quota"))
        refused = asked(made)
        assert not refused.success and "Out of call volume quota" in logged(made, refused.run_id)


@pytest.mark.parametrize("what", ["fetch_and_publish", "the asset alone", "the asset and another"])
def test_a_file_does_not_wait_for_who_only_asks(home: Home, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """Asking may take hours; what writes to the warehouse is waited for."""
    monkeypatch.setattr(settings(), "inbox_quiet_seconds", 0)
    drop(home, "new.csv", "202401")
    beside = {"the asset alone": {FETCHED}, "the asset and another": {FETCHED, dg.AssetKey("landing_receipts")}}
    with opened(home) as made:
        job = defs.resolve_job_def(fetch_and_publish.name if what == "fetch_and_publish" else "__ASSET_JOB")
        chosen = frozenset(beside[what]) if what in beside else None
        run = made.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, asset_selection=chosen)
        hold(home, run.run_id)
        said = inbox_files(dg.build_sensor_context(instance=made))
    assert isinstance(said, dg.SkipReason if what == "the asset and another" else dg.SensorResult)


def test_who_was_killed_while_it_asked_is_carried_on(home: Home) -> None:
    """By a run of `publish`: what had arrived waits for nobody."""
    with opened(home) as made:
        run = made.create_run_for_job(defs.resolve_job_def(fetch_and_publish.name), status=dg.DagsterRunStatus.STARTED)
        hold(home, run.run_id)
        assert isinstance(inbox_files(dg.build_sensor_context(instance=made)), dg.SkipReason)
        made.report_run_failed(run)
        made.add_run_tags(run.run_id, {"bonded/died": "true"})
        said = inbox_files(dg.build_sensor_context(instance=made))
    assert isinstance(said, dg.SensorResult) and said.run_requests
    assert said.run_requests[0].tags["bonded/carries_on"] == run.run_id
