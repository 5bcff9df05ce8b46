"""Everything is killed while a run is at work, as by a power cut: the next launch is green without a hand."""

from __future__ import annotations

import signal
import subprocess

import dagster as dg
import pytest

from orchestration.automation.instance import LAUNCHED_BY, instance
from orchestration.base.settings import Home
from orchestration.releases.store import Releases
from tests.automation.stopped import RUN, UI, arrive, come_to, is_green, nothing_left, started, whole
from tests.conftest import value

POINTS = ("inbox", "raw", "dbt", "audit", "switch")
#: Whoever is alone in a namespace gets the pids of those who died in another.
ALONE = ("unshare", "--pid", "--fork", "--mount-proc")


@pytest.fixture(autouse=True)
def events() -> None:
    """Keep Dagster's events where the next run finds them."""


def namespaces() -> str | None:
    """Why pid namespaces cannot be had here; None if they can."""
    try:
        done = subprocess.run([*ALONE, "true"], capture_output=True, text=True, check=False)
    except OSError as error:
        return str(error)
    return done.stderr.strip() or None


def killed(home: Home, point: str, number: int, before: tuple[str, ...]) -> int:
    """Daemon, web server, code server and run, all killed at a point; the pid that the run had."""
    arrive(home, number)
    shown, current = value(home, "2024-03"), Releases(home).current_id()
    ui = come_to(home, point, (*UI, str(home.root)), before)
    ui.tell(signal.SIGKILL)
    ui.ended()
    assert Releases(home).current_id() == current and value(home, "2024-03") == shown
    whole(home)
    return int(ui.here.read_text())


def launched_again(home: Home, number: int, before: tuple[str, ...], with_ui: bool) -> None:
    """The next launch, by the UI and its daemon or from a terminal, publishes what was waiting."""
    if with_ui:
        ui = started(home, (*UI, str(home.root)), before=before)
        try:
            ui.until("a green run", lambda: is_green(home, number))
        finally:
            ui.tell(signal.SIGTERM)
            ui.ended()
    else:
        run = started(home, (*RUN, "--home", str(home.root)), before=before)
        assert run.ended() == 0, run.said()
        assert is_green(home, number)
    with instance(home) as made:
        _, died = [run for run in made.get_runs(limit=4) if LAUNCHED_BY not in run.tags][:2]
    assert died.status == dg.DagsterRunStatus.FAILURE
    nothing_left(home)


@pytest.mark.series("test_a_kill_while_publishing_leaves_all_whole")
@pytest.mark.daemon
@pytest.mark.own_run("whole trees of processes are killed on it")
@pytest.mark.parametrize("is_alone", (False, True))
def test_the_whole_tree_is_killed(small: Home, is_alone: bool) -> None:
    """At each point, one after another on one home; the terminal and the UI take turns at launching what comes next.

    Alone in a namespace, as in a container, another process has the pid of the run that was killed.
    """
    if is_alone and (why_not := namespaces()):
        pytest.skip(f"no pid namespace can be had here: {why_not}")
    lives, before = small.root / "lives", ALONE if is_alone else ()
    for number, point in enumerate(POINTS, start=1):
        pid = killed(small, point, number, before)
        again = f'echo {pid - 1} > /proc/sys/kernel/ns_last_pid; sleep 999 & echo $! > "{lives}"; exec "$@"'
        launched_again(small, number, (*before, "sh", "-c", again, "sh") if is_alone else (), number % 2 == 0)
        assert not is_alone or lives.read_text().split() == [str(pid)]
