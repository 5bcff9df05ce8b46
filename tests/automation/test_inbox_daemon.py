"""The door, with Dagster's own daemon: files are put into the inbox and nothing else is done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from orchestration.automation.instance import instance
from orchestration.automation.sensors import inbox_files
from orchestration.base.settings import PROJECT, Home
from orchestration.landing.names import sidecar
from orchestration.landing.store import Landing
from orchestration.releases.store import Releases
from tests.automation.control_room import ends
from tests.automation.waiting import until
from tests.conftest import csv_text, query, row, value

pytestmark = pytest.mark.daemon
#: Longer than the daemon's pause between two looks, which is 5 s whatever is asked of it.
QUIET = 9
SCOPE = "source: gacc\nflow: import\nhs: [8542]\npartners: [{}]\nvintage: 2025-01-20\n"


def daemon_environment(home: Home) -> dict[str, str]:
    """The environment of a daemon that serves the home and looks as often as it can."""
    settings = {"BONDED_INBOX_QUIET_SECONDS": str(QUIET), "BONDED_INBOX_INTERVAL_SECONDS": "1"}
    settings["BONDED_NOTIFY"] = f'sh -c \'cat >> "{home.root}/told"; echo >> "{home.root}/told"\''
    places = {"BONDED_HOME": str(home.root), "DAGSTER_HOME": str(home.dagster), "PYTHONPATH": str(PROJECT)}
    return {**os.environ, **settings, **places}


@pytest.fixture
def daemon(small: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    """The daemon on a home, looking as often as it can."""
    monkeypatch.setenv("BONDED_HOME", str(small.root))
    command = [str(Path(sys.executable).with_name("dagster-daemon")), "run", "-w", "workspace.yaml"]
    with (small.root / "daemon.log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=PROJECT, env=daemon_environment(small), stdout=log, stderr=log, start_new_session=True
        )  # fmt: skip
    try:
        yield server
    finally:
        ends(server)


def drop(home: Home, name: str, text: str, partner: str = "502") -> Path:
    """A file in the inbox, its sidecar first."""
    file = home.inbox / name
    sidecar(file).write_text(SCOPE.format(partner), encoding="utf-8")
    file.write_text(text, encoding="utf-8")
    return file


def looked_at(home: Home, name: str) -> bool:
    """Whether the sensor has said of a file that it is still being written."""
    with instance(home) as made:
        states = [s for s in made.all_instigator_state() if s.instigator_name == inbox_files.name]
        ticks = [t for s in states for t in made.get_ticks(s.instigator_origin_id, s.selector_id, limit=5)]
    return any(name in (tick.skip_reason or "") for tick in ticks)


def told(home: Home) -> list[str]:
    """The events that the daemon has told of."""
    file = home.root / "told"
    return (
        [json.loads(line)["event"] for line in file.read_text(encoding="utf-8").split("\n") if line]
        if file.exists()
        else []
    )


@pytest.mark.series("test_a_file_in_the_inbox_is_released")
@pytest.mark.own_run("a daemon launches runs on it")
def test_the_inbox_is_a_door(small: Home, daemon: subprocess.Popen[bytes]) -> None:
    """A good file is released, a bad one rejected with its reason, a half-copied one left until it is complete, and
    several at once make one release.
    """
    before = len(Releases(small).ids())
    drop(small, "good.csv", csv_text([row("202401", value="77")]))
    drop(small, "bad.csv", "<html>")
    until("the good file", lambda: Landing(small).last_sequence() > 1, daemon)

    half, text = (
        small.inbox / "half.csv",
        csv_text([row("202402", value="88"), row("202402", hs="85423110", value="8")]),
    )
    drop(small, "half.csv", text[:-20])
    until("a look at the half file", lambda: looked_at(small, "half.csv"), daemon)
    with half.open("a", encoding="utf-8") as more:
        more.write(text[-20:])
    for partner in ("110", "116", "303"):
        drop(small, f"{partner}.csv", csv_text([row("202403", partner, value="99")]), partner)

    until("the first release", lambda: len(Releases(small).ids()) == before + 1, daemon)
    assert value(small, "2024-01") == 77 and value(small, "2024-02") != 96
    assert "web page" in (small.inbox / "rejected" / "bad.csv.reason.txt").read_text(encoding="utf-8")
    until("the second release", lambda: len(Releases(small).ids()) == before + 2, daemon)
    assert value(small, "2024-02") == 96
    assert query(small, "select sum(value_usd) from v_ic_by_partner where month = '2024-03-01' and value_usd = 99") == [
        (297,)
    ]
    assert [p.name for p in sorted((small.inbox / "rejected").glob("*.csv"))] == ["bad.csv"] and half.exists()
    with instance(small) as made:
        runs = made.get_runs(dg.RunsFilter(tags={"dagster/sensor_name": inbox_files.name}))
    assert len(runs) == 2
    until("what is told", lambda: len(told(small)) == 3, daemon)
    assert sorted(told(small)) == ["publication", "publication", "refused_file"]
