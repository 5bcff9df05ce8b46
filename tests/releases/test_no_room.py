"""A full disk, a home that may not be written to: words, nothing half done, and no failure behind the switch."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestration.base import durable
from orchestration.base.settings import PROJECT, Home
from orchestration.landing.store import Landing
from orchestration.releases.manifest import read_manifest, write_manifest
from orchestration.releases.store import Releases
from orchestration.terminal.run import run_home
from tests.conftest import add, attempted, many, row, tree, value, write_csv
from tests.revisions import Revisions, revisions

__all__ = ["revisions"]

FLAGS = ["--source", "gacc", "--flow", "import", "--hs", "8542", "--partners", "502", "--vintage", "2025-01-09"]
#: What a command is run behind, with a home: one that may not be written to, and one on a disk with so many kB left.
READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
FULL = """
cp -a "$0" "$0.aside" && mount -t tmpfs -o size=400m tmpfs "$0" && cp -a "$0.aside/." "$0" || exit 9
left=$1; shift
dd if=/dev/zero of="$0/fill" bs=1k count=$(($(df --output=avail -k "$0" | tail -1) - left)) status=none
"$@"; code=$?
rm "$0/fill" && "$@" --json > "$0.again"; echo $? > "$0.code"
cp -a "$0/." "$0.then"; exit $code
"""

#: Several commands in one process, each told in a line: its exit code, standard output and standard error.
SEVERAL = """
import json, sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from orchestration.terminal import cli
for command in json.loads(sys.argv[1]):
    sys.argv, out, err, code = ["bonded", *command], StringIO(), StringIO(), 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            cli.main()
        except SystemExit as ended:
            code = ended.code or 0
    print(json.dumps([code, out.getvalue(), err.getvalue()]))
"""


def mounts() -> str | None:
    """Why nothing can be mounted here for one command; None if it can."""
    try:
        command = ["unshare", "--mount", "sh", "-c", "mount -t tmpfs tmpfs /mnt"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        return str(error)
    return done.stderr.strip() or None if done.returncode else None


def behind(script: str, home: Home, *command: str, first: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """A command on a home behind a mount that only it sees."""
    if why_not := mounts():
        pytest.skip(f"nothing can be mounted here: {why_not}")
    asked = [sys.executable, "-m", "orchestration.terminal.cli", *command, "--home", str(home.root)]
    before = ["unshare", "--mount", "sh", "-c", script, str(home.root), *first]
    done = subprocess.run([*before, *asked], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return done


def several(home: Home, before: list[str], *commands: tuple[str, ...]) -> Iterator[tuple[str, int, str, str]]:
    """What each of some commands says of a home, in one process behind another command: its name, exit code, standard
    output and standard error.
    """
    asked = json.dumps([[*command, "--home", str(home.root)] for command in commands])
    done = subprocess.run(
        [*before, sys.executable, "-c", SEVERAL, asked], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and "Traceback" not in done.stdout, done.stdout + done.stderr
    for command, line in zip(commands, done.stdout.splitlines(), strict=True):
        yield command[0], *json.loads(line)


def test_a_home_that_may_not_be_written_to_is_read(small: Home, tmp_path: Path) -> None:
    """What only looks is answered; what would change it is refused in words."""
    if why_not := mounts():
        pytest.skip(f"nothing can be mounted here: {why_not}")
    file = write_csv(tmp_path / "new.csv", [row("202405")])
    looks = (("status",), ("query", "from release_info"), ("receive", str(file), *FLAGS, "--dry-run"), ("doctor",))
    changes = (("receive", str(file), *FLAGS), ("run",), ("rollback", Releases(small).folder().name))
    before = ["unshare", "--mount", "sh", "-c", READ_ONLY, str(small.root)]
    found = list(several(small, before, *looks, *changes))
    for name, code, out, err in found[: len(looks)]:
        assert code == 0 and out, (name, err)
    for name, code, _, err in found[len(looks) :]:
        assert code == 1 and "Read-only file system" in err and "Remedy:" in err, name


def test_a_home_of_somebody_else_is_refused_in_words(small: Home) -> None:
    """By every command; the doctor goes on after what it may not look at."""
    powerless = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"]
    if os.geteuid() or shutil.which("setpriv") is None:
        pytest.skip("only root can give a home away, and give up its powers")
    for path in (small.root, *small.root.rglob("*")):
        os.chown(path, 1234, 1234, follow_symlinks=False)
        if path.is_dir() and path != small.root:
            path.chmod(0o700)
    commands = (("status",), ("query", "from release_info"), ("run",), ("releases",), ("doctor",))
    for name, code, out, err in several(small, powerless, *commands):
        assert code == 1 and "Permission denied" in out + err, (name, err)
    assert out.count("WRONG") > 2


@pytest.mark.series("test_a_home_that_may_not_be_written_to_is_read")
@pytest.mark.own_run("tables as of a date are built elsewhere")
def test_as_known_on_a_day_where_nothing_may_be_kept(small: Home) -> None:
    """Built for this one question."""
    done = behind(READ_ONLY, small, "query", "from v_ic_by_partner limit 1", "--as-of", "2025-01-01")
    assert done.returncode == 0 and "as known on 2025-01-01" in done.stderr, done.stderr


@pytest.mark.series("test_no_room_in_landing")
@pytest.mark.own_run("runs are stopped by a full disk, and done again")
def test_no_room_at_any_level(small: Home) -> None:
    """From landing to the release: words, the release before, nothing half done; with room again a green run."""
    write_csv(small.inbox / "us_chips" / "new.csv", [row("202405", value="5")])
    before = Releases(small).current_id()
    for n, left in enumerate(many((), (0, 40, 400, 3_000, 9_000, 14_000, 18_000))):
        home = Home(small.root.with_name(f"{small.root.name}{n}"))
        subprocess.run(["cp", "-a", str(small.root), str(home.root)], check=True)
        done = behind(FULL, home, "run", first=(str(left),))
        assert Path(f"{home.root}.code").read_text().strip() == "0", Path(f"{home.root}.again").read_text()
        then = Home(Path(f"{home.root}.then"))
        if done.returncode:
            assert "disk" in done.stderr + done.stdout or "space" in done.stderr + done.stdout, done.stderr
        assert value(then, "2024-05") == 5 and Releases(then).current_id() != before
        assert not list(then.candidates.iterdir()) and Landing(then).chain.faults() == []


def test_no_room_in_landing(small: Home, tmp_path: Path) -> None:
    """Nothing has been received."""
    before = tree(small.landing)
    file = write_csv(tmp_path / "new.csv", [row("202405")])
    done = behind(FULL, small, "receive", str(file), *FLAGS, first=("0",))
    assert done.returncode == 1 and "the disk is full" in done.stderr and "make room" in done.stderr
    assert tree(small.landing) == before and Path(f"{small.root}.code").read_text().strip() == "0"


def no_room(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def where(name: str) -> Callable[[Path, Path], None]:
    """No room where something is to take that place."""
    take_place = durable.take_place
    return lambda made, place: no_room() if place.name == name else take_place(made, place)


@pytest.mark.usefixtures("two_gates")
@pytest.mark.own_run("publications without room are what is tested")
def test_no_room_at_the_switch(small: Home, revisions: Revisions, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it nothing is left and readers see what they saw; after it the release is published, and it is told."""
    revisions.put(small, "march-1")
    before, old = Releases(small).current_id(), value(small, "2024-03")
    for patch in (("orchestration.releases.candidate.write_parquet", no_room),
                  ("orchestration.releases.results.render", no_room), ("orchestration.base.durable.take_place",
                  where("current"))):  # fmt: skip
        with monkeypatch.context() as patched, pytest.raises(OSError, match="No space"):
            patched.setattr(*patch)
            attempted(small)
        assert Releases(small).current_id() == before and value(small, "2024-03") == old, patch
        assert {p.name for p in small.releases.iterdir() if p.is_dir() and not p.is_symlink()} == {before}
    with monkeypatch.context() as patched:
        patched.setattr(Releases, "_retain", no_room)
        patched.setattr("orchestration.releases.publish._retain_candidates", no_room)
        done = attempted(small)
    assert done.outcome == "published" and len(done.warnings) == 2 and value(small, "2024-03") == 1
    assert all("No space" in text for text in done.warnings)


@pytest.mark.own_run("a green run takes away what killed ones left")
def test_candidates_of_killed_runs_go_with_the_next_green_one(small: Home) -> None:
    """Those that nobody has audited, those that passed, and hidden ones; one that failed stays, to be looked at."""
    said = read_manifest(Releases(small).folder())
    assert said.audit is not None
    failed = said.audit.model_copy(update={"passed": False})
    for name, audit in (("20240101T000000-aaaaaa", None), ("20240101T000001-bbbbbb", said.audit),
                        ("20240101T000002-cccccc", failed), (".20240101T000003-dddddd", None)):  # fmt: skip
        (small.candidates / name).mkdir()
        write_manifest(said.model_copy(update={"audit": audit}), small.candidates / name)
    assert attempted(small).outcome == "unchanged"
    assert [path.name for path in small.candidates.iterdir()] == ["20240101T000002-cccccc"]


@pytest.mark.series("test_a_home_that_holds_one_heals_by_withdrawing")
@pytest.mark.own_run("what cannot be parsed is withdrawn between two runs")
def test_a_receipt_that_cannot_be_read_any_more_is_withdrawn(small: Home, tmp_path: Path) -> None:
    """Until then a run fails in words that name it."""
    bad = add(small, tmp_path, [row("202405", value="5")], months="2024-05")
    path = Landing(small).bytes_path(bad.sha256)
    path.unlink()
    path.write_bytes(b"\x00" * 100)
    summary = run_home(small, [])
    assert summary.failure and bad.name in summary.failure
    Landing(small).withdraw(bad.receipt_id, "damaged")
    assert run_home(small, []).ok
