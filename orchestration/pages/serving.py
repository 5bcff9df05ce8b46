"""Where the pages of a home are served now, if they are: the port is the name of a file that its server has locked.

The lock falls with its process, however that ends, so nobody is led to a server that is gone. Belongs here: the locks.
Not here: the server (`serve`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from orchestration.base.settings import Home

HOST = "127.0.0.1"


def address_of(port: int) -> str:
    """What a browser is told."""
    return f"http://{HOST}:{port}"


def page_of(address: str, release_id: str, name: str = "") -> str:
    """The address of a release's page, or of a file of it."""
    return f"{address}/releases/{release_id}/{name}"


@contextmanager
def announced(home: Home, port: int) -> Iterator[None]:
    """Tell whoever asks in this home that its pages are served at a port, for as long as this process lives; nobody
    where the home may not be written to.
    """
    lock = FileLock(_folder(home) / f"{port}.lock")
    try:
        _folder(home).mkdir(parents=True, exist_ok=True)
        # Somebody may be asking whether it is held.
        lock.acquire(timeout=10)
    except (OSError, Timeout):
        yield
        return
    try:
        for _, path in _ports(home):
            if path != Path(lock.lock_file) and not _is_held(path):
                path.unlink(missing_ok=True)
        yield
    finally:
        lock.release()


def served_at(home: Home) -> str | None:
    """The address at which the pages of a home are served now; None where nobody serves them."""
    return next((address_of(port) for port, path in _ports(home) if _is_held(path)), None)


def last_port(home: Home) -> int | None:
    """The port at which they were served last: there, links that were written then lead to them again."""
    return next((port for port, _ in _ports(home)), None)


def _folder(home: Home) -> Path:
    return home.dagster / "serving"


def _ports(home: Home) -> list[tuple[int, Path]]:
    """The latest first."""
    found = [path for path in _folder(home).glob("*.lock") if path.stem.isdecimal()]
    return [(int(path.stem), path) for path in sorted(found, key=lambda path: -path.stat().st_mtime)]


def _is_held(path: Path) -> bool:
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:
        return False
    lock.release()
    return False
