"""Runs that come to a point and stay there, to be killed or interrupted; and what must hold of a home afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
from filelock import FileLock

from orchestration.automation.instance import instance
from orchestration.base.settings import PROJECT, Home
from orchestration.landing.names import sidecar
from orchestration.landing.store import Landing
from orchestration.releases.content import is_intact
from orchestration.releases.store import Releases
from tests.automation.waiting import until
from tests.conftest import row, value, write_csv

PLUGIN = Path(__file__).parent / "stopping"
SCOPE = "source: gacc\nflow: import\nhs: [8542]\npartners: [502]\nvintage: 2025-01-{:02}\n"
RUN = ("orchestration.terminal.cli", "run")
UI = ("orchestration.automation.ui",)


def arrive(home: Home, number: int) -> None:
    """A file in the inbox that revises two months: so many dollars in the first of them."""
    file = home.inbox / f"{number}.csv"
    sidecar(file).write_text(SCOPE.format(number), encoding="utf-8")
    write_csv(file, [row("202403", value=str(number)), row("202404", value=str(1_000 + number))])


@dataclass(frozen=True)
class Process:
    """A process in a session of its own, with all that it has started."""

    popen: subprocess.Popen[str]
    log: Path
    here: Path
    go: Path

    def tell(self, how: signal.Signals) -> None:
        """A signal to every process of the session."""
        os.killpg(self.popen.pid, how)

    def ended(self, seconds: float = 300) -> int:
        """Its exit code."""
        return self.popen.wait(timeout=seconds)

    def until(self, what: str, found: Callable[[], bool], seconds: float = 300) -> None:
        """Wait for something to become true while the process lives."""
        until(what, found, self.popen, self.said, seconds)

    def said(self) -> str:
        """Its last words."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-3_000:]


def started(home: Home, command: tuple[str, ...], stop_at: str | None = None, before: tuple[str, ...] = ()) -> Process:
    """A command of the project on a home, which stops at a point; `before`: what launches it."""
    here, go, log = (home.root / name for name in (".here", ".go", "log.txt"))
    here.unlink(missing_ok=True)
    go.unlink(missing_ok=True)
    places = {"BONDED_HOME": str(home.root), "PYTHONPATH": f"{PLUGIN}{os.pathsep}{PROJECT}"}
    eager = {"BONDED_INBOX_QUIET_SECONDS": "0", "BONDED_INBOX_INTERVAL_SECONDS": "1"}
    stop = {"STOP_AT": stop_at, "STOP_HERE": str(here), "STOP_GO": str(go)} if stop_at else {}
    with log.open("w") as out:
        popen = subprocess.Popen(
            [*before, sys.executable, "-m", *command], cwd=PROJECT, env={**os.environ, **places, **eager, **stop},
            stdout=out, stderr=out, text=True, start_new_session=True,
        )  # fmt: skip
    return Process(popen, log, here, go)


def come_to(home: Home, point: str, command: tuple[str, ...] = RUN, before: tuple[str, ...] = ()) -> Process:
    """A run that stays at a point now."""
    process = started(home, command, point, before)
    process.until(f"the point {point}", process.here.exists)
    return process


def whole(home: Home) -> None:
    """What readers see is complete and was audited; so is landing."""
    releases = Releases(home)
    for release_id in releases.ids():
        manifest, folder = releases.manifest(release_id), releases.folder(release_id)
        assert manifest.audit and manifest.audit.passed
        assert manifest.files and all(is_intact(folder / name, said) for name, said in manifest.files.items())
    state = Landing(home).state()
    assert all(Landing(home).bytes_path(receipt.sha256).exists() for receipt in state.received)


def is_green(home: Home, number: int) -> bool:
    """Whether what arrived last is published, no run is left, and the last one ended well."""
    if value(home, "2024-03") != number:
        return False
    with instance(home) as made:
        runs = made.get_runs()
    return all(run.is_finished for run in runs) and runs[0].status == dg.DagsterRunStatus.SUCCESS


def nothing_left(home: Home) -> None:
    """No lock, no slot, nothing half-made beside the releases; every folder there is a release."""
    for lock in (home.warehouse / ".lock", home.releases / ".lock", home.landing / ".lock"):
        with FileLock(lock, timeout=0):
            pass
    with instance(home) as made:
        assert not made.event_log_storage.get_concurrency_keys()
    assert not list(home.candidates.glob(".*")) and not (home.releases / ".current").is_symlink()
    folders = {path.name for path in home.releases.iterdir() if path.is_dir() and not path.is_symlink()}
    assert folders == set(Releases(home).ids())
    assert not list(home.raw.glob(".work-*"))
    whole(home)
