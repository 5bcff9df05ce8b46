"""Publication: one switch after a passed audit; readers, rollbacks, kills and rivals leave everything whole."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import duckdb
import pytest

from orchestration.base.settings import PROJECT, Home, settings
from orchestration.landing.store import Landing
from orchestration.releases.publish import publish
from orchestration.releases.settled import inputs, is_settled, settle
from orchestration.releases.store import Releases
from orchestration.warehouse.raw import write_raw
from tests.conftest import add, copied, many, query, released, row, tree, value
from tests.revisions import Revisions, revisions
from tests.terminal.test_homeless import nameless

__all__ = ["revisions"]


def judged() -> dict[str, str]:
    """The environment in which another process judges by the gates that are in use here."""
    return {"BONDED_EXPECTATIONS": str(settings().expectations)}


def another(home: Home, tmp_path: Path, n: int) -> str:
    """Publish with one more receipt, of six digits, which only confirms what stands: it changes no table."""
    rows = [row("202403", hs="854231", value="2,025"), row("202403", hs="854290", value="1,014")]
    receipt = add(home, tmp_path, rows, vintage=f"2025-06-{n + 10}")
    write_raw(home, receipt, receipt.scope.month_list)
    return publish(home, Landing(home).state()).outcome


@pytest.mark.series
@pytest.mark.usefixtures("two_gates")
@pytest.mark.own_run("publications, one after another, are what is tested")
def test_a_reader_keeps_its_release_through_all_publications(
    small: Home, revisions: Revisions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when retention has removed the folder under it."""
    kept = many(1, 3)
    monkeypatch.setattr(settings(), "keep_releases", kept)
    old = Releases(small).folder()
    sql = "select sum(value_usd) from fct_trade_monthly"
    with duckdb.connect(str(old / "trade.duckdb"), read_only=True) as reader:
        before = reader.execute(sql).fetchall()
        for n in range(many(1, 9)):
            assert another(small, tmp_path, n) == "published"
            assert reader.execute(sql).fetchall() == before
        assert revisions.publish(small, "march-1").outcome == "published"
        assert reader.execute(sql).fetchall() == before
    assert len(Releases(small).ids()) == kept and not old.exists() and query(small, sql) != before


@pytest.mark.usefixtures("two_gates")
@pytest.mark.own_run("retention is tested by publishing")
def test_pinned_releases_are_kept(small: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Retention takes the oldest, never a pinned one."""
    monkeypatch.setattr(settings(), "keep_releases", 1)
    first = Releases(small).current_id()
    assert first is not None
    Releases(small).pin(first)
    for n in range(2):
        assert another(small, tmp_path, n) == "published"
    assert len(Releases(small).ids()) == 2 and first in Releases(small).ids()


@pytest.mark.usefixtures("two_gates")
@pytest.mark.own_run("the run after a rollback is what is tested")
def test_rollback_is_a_switch(revisions: Revisions, tmp_path_factory: pytest.TempPathFactory) -> None:
    """And the next run publishes again what landing says."""
    home = copied(revisions.built("march-1"), tmp_path_factory)
    settle(home, inputs(home))
    assert is_settled(home)
    first, second = Releases(home).ids()
    Releases(home).rollback(first)
    assert Releases(home).current_id() == first and value(home, "2024-03") != 1
    assert not is_settled(home), "a run finds something to do"
    assert released(home).outcome == "published" and Releases(home).current_id() not in (first, second)
    assert value(home, "2024-03") == 1


KILL = """
    import os, signal, sys
    from pathlib import Path
    from orchestration.landing.store import Landing
    from orchestration.releases import publish, store
    from orchestration.base.settings import Home
    home, point = Home(Path(sys.argv[1])), sys.argv[2]
    def die(*a, **k): os.kill(os.getpid(), signal.SIGKILL)
    if point == "candidate": publish.candidate.write_parquet = die
    if point == "audit": publish.audit = die
    if point == "read back": publish.differing_files = die
    if point == "seal": store.seal = die
    if point == "move": store.durable.take_place = die
    if point == "switch": store.Releases.switch = die
    if point == "link":
        place = store.durable.take_place
        store.durable.take_place = lambda made, to: die() if to.name == "current" else place(made, to)
    if point == "retain": store.Releases._retain = die
    if point == "log":
        store.json = type("Json", (), {"dumps": die, "loads": store.json.loads, "JSONDecodeError": ValueError})
    publish.publish(home, Landing(home).state())
"""


KILLED = ["candidate", "audit", "read back", "seal", "move", "switch", "link", "log", "retain"]
#: Where readers see the new release already.
SEEN = ("log", "retain")


@pytest.mark.usefixtures("two_gates")
@pytest.mark.own_run("the publication is killed")
@pytest.mark.series
@pytest.mark.parametrize("point", many(["link"], KILLED))
def test_a_kill_while_publishing_leaves_all_whole(small: Home, revisions: Revisions, point: str) -> None:
    """kill -9 from the candidate to what follows the switch: readers see a whole release, the next run is green, and
    nothing is left of what was killed.
    """
    home = small
    revisions.put(home, "march-1")
    before, old, landing = Releases(home).current_id(), value(home, "2024-03"), tree(home.landing)
    command = [sys.executable, "-c", textwrap.dedent(KILL), str(home.root), point]
    done = subprocess.run(command, cwd=PROJECT, env={**os.environ, **judged()}, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert (Releases(home).current_id() == before) == (point not in SEEN)
    assert value(home, "2024-03") == (1 if point in SEEN else old) and tree(home.landing) == landing
    assert released(home).outcome == ("unchanged" if point in SEEN else "published")
    assert not list(home.candidates.iterdir())
    assert value(home, "2024-03") == 1 != old
    assert {p.name for p in home.releases.iterdir() if p.is_dir() and not p.is_symlink()} == set(Releases(home).ids())


@pytest.mark.usefixtures("two_gates")
@pytest.mark.own_run("two runs at once are what is tested")
def test_two_runs_at_once_make_one_release(small: Home, revisions: Revisions) -> None:
    """The second waits for the first and finds nothing left to do; also for a user whom nobody knows, where one can be
    had.
    """
    revisions.put(small, "march-1")
    command = [*nameless(), sys.executable, "-m", "orchestration.terminal.cli", "run", "--home", str(small.root)]
    place = {name: os.environ[name] for name in ("PATH", "BONDED_DUCKDB_THREADS")} | judged()
    runs = [
        subprocess.Popen(command, cwd=PROJECT, env=place, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(2)
    ]
    texts = [run.communicate(timeout=300)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], texts
    assert all("audit PASSED" in text for text in texts), texts
    assert sorted(text.split("release 2")[0].splitlines()[-1].split(":")[0] for text in texts) == [
        "published",
        "unchanged",
    ]
    assert len(Releases(small).ids()) == 2


def test_a_switch_that_was_killed_before_its_line_in_the_log(small: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The release that readers saw stays one when the next takes its place."""
    releases = Releases(small)
    first = releases.folder()
    for name in ("x", "y"):
        shutil.copytree(first, first.with_name(name))
    with monkeypatch.context() as killed:
        killed.setattr("orchestration.releases.store.json", None)
        with pytest.raises(AttributeError):
            releases.switch("x", "published")
    assert releases.current_id() == "x"
    releases.switch("y", "published")
    releases.recover()
    assert releases.ids() == sorted([first.name, "x", "y"])


def test_releases_of_one_second_are_in_the_order_of_their_publication(home: Home) -> None:
    """Their names do not tell it, and retention takes the oldest."""
    names = ["20240101T000000-ffffff", "20240101T000000-000000", "20240101T000000-777777", "20231231T000000-888888"]
    with Releases(home).publication():
        for name in names:
            folder = home.releases / name
            folder.mkdir()
            (folder / "release.json").write_text("{}", encoding="utf-8")
            Releases(home).switch(name, "published")
        Releases(home).switch(names[0], "rollback")
    assert Releases(home).ids() == [names[3], *names[:3]]
