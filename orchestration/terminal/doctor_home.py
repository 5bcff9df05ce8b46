"""What lies in a home, all of it read: each file that is not what it must be, with what to do about it.

Belongs here: landing, what is made of it, releases, Dagster's history. Not here: this installation (`doctor`).
"""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.base.duck import reading
from orchestration.base.errors import RefusalError
from orchestration.base.hashes import file_sha256
from orchestration.base.settings import Home
from orchestration.landing.listing import listing
from orchestration.landing.names import shown_name
from orchestration.landing.store import Landing, LandingState, read_record
from orchestration.releases.content import is_intact
from orchestration.releases.manifest import read_manifest
from orchestration.releases.mend import damaged_notes
from orchestration.releases.store import Releases
from orchestration.warehouse.plan import Built
from orchestration.warehouse.raw import month_sums, raw_path

RUN = "bonded run makes it again"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `remedy`: what to do or to type where it is not as it must be."""

    check: str
    ok: bool
    detail: str
    remedy: str | None = None


def of_home(home: Home) -> list[Finding]:
    """Everything in a home: a line for each kind that is sound, and one for each file that is not."""
    found: list[Finding] = []
    for name, examined in CHECKS.items():
        try:
            said = list(examined(home))
        except (OSError, RefusalError, duckdb.Error) as error:
            what, remedy = (error.told, error.remedy) if isinstance(error, RefusalError) else (str(error), None)
            said = [Finding(name, False, what.splitlines()[0], remedy or "let this user read it")]
        found += said
    return found


def _records(home: Home) -> Iterator[Finding]:
    """Each can be read, and bears the hash of the one before."""
    landing, n = Landing(home), 0
    faults = {path: f"this record {what}" for path, what in landing.chain.faults()}
    for path in sorted(landing.records.glob("*.json")):
        n += 1
        try:
            read_record(path)
        except RefusalError as error:
            faults[path] = error.what
    for path, what in sorted(faults.items()):
        yield Finding("records of landing", False, f"{path}: {what}", f"restore {shlex.quote(str(path))} from a backup")
    if not faults:
        yield Finding("records of landing", True, f"{n} records, each as it was written")


def _bytes(home: Home) -> Iterator[Finding]:
    landing, bad = Landing(home), 0
    received = _state(landing).received
    for receipt in received:
        path = landing.bytes_path(receipt.sha256)
        if path.exists() and file_sha256(path) == receipt.sha256:
            continue
        bad += 1
        what = "are not what was received" if path.exists() else "are gone"
        remedy = (
            f"receive {shlex.quote(receipt.name)} again as it was: that puts them back; or restore them from a backup"
        )
        yield Finding("landing", False, f"the bytes of {receipt.receipt_id} {what}: {path}", remedy)
    if not bad:
        yield Finding("landing", True, f"{len(received)} receipts, bytes as received")


def _state(landing: Landing) -> LandingState:
    """The records as far as they can be read."""
    records = []
    for path in sorted(landing.records.glob("*.json")):
        with suppress(RefusalError):
            records.append(read_record(path))
    return LandingState(0, (), ()).having(records)


def _raw(home: Home) -> Iterator[Finding]:
    """Every file can be read, and holds the rows and the money that were seen when its receipt was received."""
    bad, n = 0, 0
    seen = {
        raw_path(home, receipt, month): (receipt, month, of)
        for receipt in _state(Landing(home)).receipts
        for month, of in dict.fromkeys(receipt.scope.month_list).items()
        | {c.month: (c.rows, c.value) for c in receipt.content}.items()
    }
    for path in sorted(home.raw.rglob("*.parquet")):
        n += 1
        what = None
        try:
            pq.ParquetFile(path).read()
            receipt, month, of = seen.get(path, (None, None, None))
            if receipt and month and of and month_sums(home, receipt, month) != of:
                what = "does not hold what was received"
        except (pa.ArrowException, OSError, duckdb.Error):
            what = "cannot be read"
        if what:
            bad += 1
            yield Finding("raw files", False, f"{path} {what}", f"rm {shlex.quote(str(path))}; {RUN}")
    if not bad:
        yield Finding("raw files", True, f"{n} files, each with the rows that were received")


def _build_database(home: Home) -> Iterator[Finding]:
    path = home.build_database
    for name in damaged_notes(home):
        place = home.warehouse / name
        yield Finding("warehouse", False, f"{place} cannot be read", f"rm {shlex.quote(str(place))}; {RUN}")
    if not path.exists():
        yield Finding("build database", True, "none yet")
        return
    try:
        with reading(path) as con:
            tables = con.execute("select table_name from duckdb_tables() where not internal").fetchall()
            for (table,) in tables:
                con.execute(f'select bit_xor(hash(t)) from "{table}" as t').fetchall()
    except duckdb.Error as error:
        said = str(error).splitlines()[0]
        if "lock" in said:
            yield Finding("build database", True, "a run has it open now")
        else:
            yield Finding("build database", False, f"{path}: {said}", f"rm {shlex.quote(str(path))}; {RUN}")
        return
    left = Built.is_as_left(home) or Built.was_at_work(home)
    detail = f"{len(tables)} tables" if left else f"{path} is not what the last run left"
    yield Finding("build database", left, detail, None if left else "bonded run builds it anew")


def _candidates(home: Home) -> Iterator[Finding]:
    folders = sorted(home.candidates.glob("[0-9]*"))
    bad = 0
    for folder in folders:
        try:
            said = read_manifest(folder)
            what = next((name for name, of in said.files.items() if not is_intact(folder / name, of)), None)
        except RefusalError:
            what = "release.json"
        if what:
            bad += 1
            detail = f"{folder / what} is not what was written"
            yield Finding("candidates", False, detail, f"rm -r {shlex.quote(str(folder))}")
    if not bad:
        yield Finding("candidates", True, f"{len(folders)} that failed, each as it was audited")


def _releases(home: Home) -> Iterator[Finding]:
    """Every release, its database and its Parquet files read."""
    releases = Releases(home)
    current = releases.current_id()
    if unseen := releases.unseen():
        yield Finding("current release", False, unseen, "bonded run publishes anew")
    elif current is None:
        yield Finding("current release", True, "none yet")
    for release_id in releases.ids():
        name = "current release" if release_id == current else "older release"
        found = releases.damage(release_id)
        if found and release_id == current:
            with suppress(OSError):
                releases.doubted.touch()
        gone = f"rm -r {shlex.quote(str(home.releases / release_id))}"
        remedy = "bonded run publishes a sound one" if release_id == current else gone
        for what in found:
            yield Finding(name, False, f"{release_id}: {what}", remedy)
        if not found:
            said = releases.manifest(release_id)
            made_up = ", SYNTHETIC" if said.is_synthetic else ""
            yield Finding(name, True, f"{release_id}, {len(said.files)} files as published{made_up}")


def _inbox(home: Home) -> Iterator[Finding]:
    if not home.inbox.exists():
        yield Finding("inbox", True, "none yet")
        return
    found = listing(home)
    for path, error in found.unreadable:
        yield Finding("inbox", False, f"{shown_name(path)}: {error.what}", error.remedy)
    if not found.unreadable:
        yield Finding("inbox", True, f"{len(found.files)} files")


def _history(home: Home) -> Iterator[Finding]:
    paths, bad = sorted(home.dagster.glob("*/**/*.db")), 0
    for path in paths:
        said = _checked(path, "mode=ro")
        # Where nothing may be written, SQLite opens only what it is told that nobody writes to.
        said = _checked(path, "immutable=1") if "unable to open" in said else said
        if said != "ok":
            bad += 1
            folder = home.dagster / path.relative_to(home.dagster).parts[0]
            yield Finding("Dagster's history", False, f"{path}: {said}", f"rm -r {shlex.quote(str(folder))}; {RUN}")
    if not bad:
        yield Finding("Dagster's history", True, f"{len(paths)} files" if paths else "none yet")


def _checked(path: Path, how: str) -> str:
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?{how}", uri=True)) as con:
            return str(con.execute("pragma quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        return str(error)


CHECKS: dict[str, Callable[[Home], Iterator[Finding]]] = {
    "records of landing": _records,
    "landing": _bytes,
    "raw files": _raw,
    "build database": _build_database,
    "candidates": _candidates,
    "releases": _releases,
    "inbox": _inbox,
    "Dagster's history": _history,
}
