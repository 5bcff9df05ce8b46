"""Which runs live: each holds a lock on a file of its own from its first step until its process ends.

A lock falls with the process that holds it, however that ends, and in whatever pid space; so a run whose lock is free
is dead. Belongs here: the locks. Not here: telling Dagster (`automation.instance`).
"""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout

from orchestration.base.settings import Home

_held: dict[str, FileLock] = {}


def _path(home: Home, run_id: str) -> Path:
    return home.warehouse / "runs" / f"{run_id}.lock"


def hold(home: Home, run_id: str) -> None:
    """Hold the lock of a run until this process ends: the run's last words come after its last step."""
    if run_id in _held:
        return
    path = _path(home, run_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    # Somebody may be asking whether it is held.
    lock.acquire(timeout=10)
    _held[run_id] = lock


def is_held(home: Home, run_id: str) -> bool | None:
    """Whether a process holds the lock of a run; None if none has taken it yet."""
    path = _path(home, run_id)
    if not path.exists():
        return None
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def forget(home: Home, living: set[str]) -> None:
    """Remove the files of runs that have ended."""
    for path in (home.warehouse / "runs").glob("*.lock"):
        if path.stem not in living and not is_held(home, path.stem):
            path.unlink(missing_ok=True)
