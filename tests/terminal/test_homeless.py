"""A user without a home directory: a service or a container that runs as a number without a name, or without rights."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.base.deferred import somewhere_to_live
from orchestration.base.settings import PROJECT, Home
from tests.conftest import row, write_csv

#: Runs a command as a user whom the system does not know, with the rights of the one who asks.
NAMELESS = ["unshare", "--user", "--map-user=54321", "--map-group=54321"]


def bonded(*arguments: str, prefix: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """The command with nothing in its environment but `PATH` and what is given."""
    command = [*prefix, sys.executable, "-m", "orchestration.terminal.cli", *arguments]
    place = {"PATH": os.environ["PATH"], **environment}
    return subprocess.run(command, cwd=PROJECT, env=place, capture_output=True, text=True, check=False)


def nameless() -> list[str]:
    """What to put before a command so that such a user runs it; nothing where none can be had."""
    return NAMELESS if subprocess.run([*NAMELESS, "true"], capture_output=True, check=False).returncode == 0 else []


@pytest.mark.series("test_two_runs_at_once_make_one_release")
@pytest.mark.own_run("nobody runs and audits it")
def test_a_user_whom_nobody_knows_runs_and_audits(small: Home) -> None:
    """No `HOME`, no name, no entry that would say where he lives."""
    if not nameless():
        pytest.skip("no user without a name can be had on this machine")
    write_csv(small.inbox / "us_chips" / "new.csv", [row("202405", value="5")])
    done = bonded("run", "--home", str(small.root), prefix=NAMELESS)
    assert done.returncode == 0 and "audit PASSED" in done.stdout, done.stdout + done.stderr


@pytest.mark.series("test_the_terminal")
def test_a_home_that_cannot_be_written_is_no_harm(small_home: Home) -> None:
    """Nothing is kept there."""
    done = bonded("audit", "--home", str(small_home.root), prefix=[], HOME="/proc/nobody")
    assert done.returncode == 0 and "passed" in done.stdout, done.stdout + done.stderr


def test_who_has_a_home_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where none is known another stands in, and only for as long as it is asked for."""
    monkeypatch.setenv("HOME", "/somewhere")
    with somewhere_to_live():
        assert os.environ["HOME"] == "/somewhere"
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", lambda _: {}["nobody"])
    with pytest.raises(RuntimeError):
        Path.home()
    with somewhere_to_live():
        assert Path.home().is_dir()
    assert "HOME" not in os.environ
