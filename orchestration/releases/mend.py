"""What can be made again and is damaged: found before a run begins, removed, and made again by it.

Belongs here: what may be removed since landing has all that it is made of. Not here: landing and releases, of which
nothing is ever removed for that; Dagster's history (`automation.instance`).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.landing.store import Landing
from orchestration.releases.manifest import read_manifest
from orchestration.releases.settled import is_raw_as_settled
from orchestration.warehouse.plan import Built

#: What DuckDB says of a database that somebody else has open.
IN_USE = "lock"


def made_ready(home: Home) -> list[str]:
    """Remove what is damaged and can be made again; a sentence for each. Nothing while another run is at work.

    `RefusalError` where the records of landing, which nothing can be made from again, are not what was written.
    """
    Landing(home).chain.check()
    lock = FileLock(home.warehouse / ".lock", is_singleton=True)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return []
    try:
        return [*_notes(home), *_build_database(home), *_raw(home), *_candidates(home)]
    finally:
        lock.release()


def damaged_notes(home: Home) -> list[str]:
    """Names of what the warehouse remembers, of its runs and of its inbox, and nobody can read."""
    paths = {name: home.warehouse / name for name in NOTES}
    return [name for name, path in paths.items() if path.exists() and not _passes(NOTES[name][0], path.read_bytes())]


def _notes(home: Home) -> Iterator[str]:
    for name in damaged_notes(home):
        (home.warehouse / name).unlink()
        yield f"warehouse/{name} was damaged and is made again: {NOTES[name][1]}"


def _passes(is_sound: Callable[[bytes], Any], text: bytes) -> bool:
    try:
        return bool(is_sound(text))
    except (ValueError, TypeError, KeyError, AttributeError):
        return False


def _is_of_texts(text: bytes) -> bool:
    return all(isinstance(value, str) for value in json.loads(text).values())


def _is_of_inbox(text: bytes) -> bool:
    said = json.loads(text)
    files = [isinstance(seen, list) and len(seen) == 2 for seen in said["files"].values()]
    return isinstance(said["sequence"], int) and isinstance(said["datasets"], str) and all(files)


def _build_database(home: Home) -> Iterator[str]:
    """The build database, if it is not what the last run left, or if that was cut off and nobody can open it."""
    path = home.build_database
    if not path.exists() or Built.is_as_left(home):
        return
    why = "is not what the last run left"
    if Built.was_at_work(home):
        try:
            duckdb.connect(str(path)).close()
            return
        except duckdb.Error as error:
            if IN_USE in str(error):
                return
            why = "could not be opened"
    for left in (path, path.with_name(f"{path.name}.wal"), home.warehouse / "built.json"):
        left.unlink(missing_ok=True)
    yield f"the build database {why} and is built anew from landing"


def _raw(home: Home) -> Iterator[str]:
    """Raw files that cannot be read; none is opened where all are as the last run left them."""
    if is_raw_as_settled(home):
        return
    for path in sorted(home.raw.rglob("*.parquet")):
        try:
            pq.ParquetFile(path).read()
        except (pa.ArrowException, OSError):
            path.unlink()
            yield f"raw/{path.relative_to(home.raw)} could not be read and is made again from landing"


def _candidates(home: Home) -> Iterator[str]:
    for folder in sorted(home.candidates.glob("[0-9]*")):
        try:
            read_manifest(folder)
        except RefusalError:
            shutil.rmtree(folder)
            yield f"candidate {folder.name} was damaged and has been removed"


#: By file how it is told to be sound, and what follows if it is not.
NOTES: dict[str, tuple[Callable[[bytes], Any], str]] = {
    "built.json": (Built.model_validate_json, "the build database is built anew"),
    "settled.json": (_is_of_texts, "the run looks at everything"),
    "inbox.json": (_is_of_inbox, "every file of the inbox is opened again"),
}
