"""Ten years asked for by a click in the Dagster UI, killed on the way and launched again; then a schedule's run."""

from __future__ import annotations

import datetime as dt
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from orchestration.automation.instance import instance
from orchestration.automation.schedules import SCHEDULES
from orchestration.base.months import month_range
from orchestration.base.settings import Home
from orchestration.releases.store import Releases
from tests.assets.asking import CODES, FETCHED, activate, comtrade, green, logged, value_of
from tests.automation.control_room import STATE, ControlRoom, Run, control_room
from tests.conftest import query, tree
from tests.sources.comtrade.server import Comtrade, Fault

MONTHS = [f"{month:%Y-%m}" for month in month_range(dt.date(2015, 1, 1), dt.date(2024, 10, 1))]
KEY = "a-key-that-nobody-may-see"
#: One month in the mart, and over all months.
VALUES = """
select strftime(month, '%Y-%m'), value_usd, value_usd_ytd
from v_ic_by_partner
where source = 'comtrade' and partner_code = '842'
order by month
"""
WORLD = "select month from v_ic where source = 'comtrade'"


@pytest.fixture
def events() -> None:
    """Keep Dagster's events where the daemon's runs leave them."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Comtrade]:
    """Ten years are out."""
    with comtrade(monkeypatch, MONTHS[0], MONTHS[-1]) as known:
        known.keys = {KEY}
        monkeypatch.setenv("BONDED_COMTRADE_KEY", KEY)
        yield known


def killed(room: ControlRoom, home: Home, server: Comtrade) -> tuple[Run, str]:
    """A backfill of ten years whose run is killed while its sixth answer is on its way: the run, and the backfill."""
    server.delay = 600
    server.faults.append(Fault("slow", asked="/get/", after=5))
    backfill_id = room.begin_backfill(["fetched_comtrade"], MONTHS)
    room.until("the sixth answer", lambda: any(one.fault for one in server.log))
    (run,) = room.of_backfill(backfill_id)
    with instance(home) as made:
        said = re.search(r"Executing steps in process \(pid: (\d+)\)", logged(made, run.run_id))
    assert said
    os.kill(int(said[1]), signal.SIGKILL)
    return room.ended(run.run_id), backfill_id


def reads(home: Home, secret: str) -> list[Path]:
    """Files of a home that hold some words."""
    return [Path(name) for name, content in tree(home.root).items() if secret.encode() in content]


@pytest.mark.daemon
@pytest.mark.series("test_a_tick_leads_to_a_release")
@pytest.mark.own_run("it is fetched and published through the UI")
def test_ten_years_are_a_click(home: Home, server: Comtrade) -> None:
    """One run for the range; after a kill the same click asks for the rest; a schedule's run makes a release of it."""
    activate(home)
    (schedule,) = [one for one in SCHEDULES if one.name == "fetch_comtrade"]
    with control_room(home) as room:
        first, backfill_id = killed(room, home, server)
        assert first.status == "FAILURE" and first.tags["dagster/asset_partition_range_end"] == MONTHS[-1]
        room.until("the end of the backfill", lambda: room.ask(STATE, id=backfill_id)["status"] == "COMPLETED_FAILED")
        assert len(server.asked) == 5
        (again,) = room.backfill(["fetched_comtrade"], MONTHS)
        assert again.status == "SUCCESS" and len(server.asked) == len(set(server.asked)) == 20
        request = schedule(dg.build_schedule_context(scheduled_execution_time=dt.datetime.now(dt.UTC)))
        assert isinstance(request, dg.RunRequest)
        # Each gate of each month is an event, for which Dagster opens its store anew.
        done = room.launch("fetch_and_publish", config=request.run_config, seconds=1_800, **request.tags)
        with instance(home) as made:
            assert done.status == "SUCCESS", logged(made, done.run_id)
            assert green(made, FETCHED) == set(MONTHS)
    assert len(server.asked) == 20
    values = {month: sum(value_of(month.replace("-", ""), code) for code in CODES[:4]) for month in MONTHS}
    of_year = {m: sum(v for other, v in values.items() if m[:4] == other[:4] and other <= m) for m, v in values.items()}
    assert query(home, VALUES) == [(month, values[month], of_year[month]) for month in MONTHS]
    assert query(home, WORLD) == [], "one partner is not all"
    assert Releases(home).manifest().is_synthetic and reads(home, KEY) == []
