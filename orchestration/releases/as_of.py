"""The published tables as they would have been on a date: the same models over the receipts known by then.

Vintage is a property of receipts (docs/decisions.md), so nothing is stored for this; what was built for a question is
kept in `warehouse/as_of` for the next one, and may be removed at any time. It is not audited.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from orchestration.base.duck import literal, reading, scratch
from orchestration.base.errors import RefusalError
from orchestration.base.hashes import file_sha256
from orchestration.base.settings import Home, settings
from orchestration.landing.store import Landing, LandingState
from orchestration.releases.database import DATABASE, write_database
from orchestration.releases.published import write_release_info
from orchestration.releases.store import Releases
from orchestration.warehouse.build import build
from orchestration.warehouse.categories import FILE
from orchestration.warehouse.plan import Built, code_fingerprint
from orchestration.warehouse.raw import raw_path
from orchestration.warehouse.units import spans

#: How many dates stay built.
KEPT = 3


@dataclass(frozen=True)
class AsOf:
    """Tables as known on a day. `known`, `held`: receipts of the release known by then, and all of them.

    `passing`: what keeps tables that may not stay in the home for as long as they are asked.
    """

    folder: Path
    known: int
    held: int
    passing: object = None


def as_of(home: Home, day: dt.date, release_id: str | None = None) -> AsOf:
    """The tables of a release (the current one by default) as known on a day; built if they are not there.

    A vintage is a day in its source's time zone, and so is `day` for each source.
    `RefusalError` if the release had no receipt of a vintage up to that day.
    """
    folder, manifest = Releases(home).opened(release_id)
    own = folder / FILE
    release = manifest.state(Landing(home).state())
    known = release.known_on(day)
    if not known.active:
        first = min((r.vintage for r in release.active), default=None)
        raise RefusalError(
            f"nothing was known on {day}: the release has no receipt of a vintage up to that day",
            remedy=f"the first is of {first}" if first else "the release holds no trade",
        )
    key = _key(known, own)
    with _somewhere(home) as (kept, passing):
        place = Home(kept / key)
        if not _is_sound(place):
            _raw_must_exist(home, known)
            _build(home, place, known, manifest.release_id, own)
        (place.root / DATABASE).touch()
        _retain(kept)
    return AsOf(place.root, len(known.active), len(release.active), passing)


@contextmanager
def _somewhere(home: Home) -> Iterator[tuple[Path, object]]:
    """Where such tables are kept, held for whoever builds some; elsewhere, with what keeps them there, where the home
    may not be written to.
    """
    kept = home.warehouse / "as_of"
    try:
        kept.mkdir(parents=True, exist_ok=True)
        (home.warehouse / ".as_of.lock").open("a").close()
    except OSError:
        passing = tempfile.TemporaryDirectory(prefix="bonded-as-of-")
        yield Path(passing.name), passing
        return
    with FileLock(home.warehouse / ".as_of.lock", timeout=settings().lock_seconds):
        yield kept, None


def _is_sound(place: Home) -> bool:
    """Whether tables were built there that can be read."""
    try:
        with reading(place.root / DATABASE) as con:
            return bool(con.execute("select release_id from release_info").fetchall())
    except duckdb.Error:
        return False


def _key(state: LandingState, own: Path) -> str:
    """What the tables are made of: code, receipts, lists and documents, the release's own categories."""
    lists, documents = ([r.receipt_id for r in found] for found in (state.code_lists, state.documents))
    parts = [code_fingerprint(), *(r.receipt_id for r in state.active), *lists, *documents]
    parts += [file_sha256(own)] if own.exists() else []
    parts.append(repr(spans(state)))
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:16]


def _raw_must_exist(home: Home, state: LandingState) -> None:
    for receipt in state.active:
        for month in receipt.scope.month_list:
            if not raw_path(home, receipt, month).exists():
                raise RefusalError(f"the raw rows of {receipt.receipt_id} are not there", remedy="bonded run")


def _build(home: Home, place: Home, state: LandingState, release_id: str, own: Path) -> None:
    """Build the models in a place of their own, which reads the home's raw files, and copy the published ones."""
    shutil.rmtree(place.root, ignore_errors=True)
    place.warehouse.mkdir(parents=True)
    place.raw.symlink_to(home.raw.absolute(), target_is_directory=True)
    if own.exists():
        shutil.copyfile(own, place.categories)
    _begin_with(home, place)
    build(place, state)
    aside = place.root / ".made.duckdb"
    write_database(place, aside)
    with scratch(aside) as con:
        con.execute(f"attach {literal(aside)} as made")
        write_release_info(con, "made", release_id, dt.datetime.now(dt.UTC), state.is_synthetic)
    shutil.rmtree(place.warehouse)
    aside.replace(place.root / DATABASE)


def _begin_with(home: Home, place: Home) -> None:
    """Begin with the home's own build database if no run is at it: then only months that differ are built."""
    lock = FileLock(home.warehouse / ".lock")
    try:
        lock.acquire(timeout=0)
    except (Timeout, OSError):
        return
    try:
        built = Built.read(home)
        if built.code == code_fingerprint() and built.marts >= 0:
            shutil.copyfile(home.build_database, place.build_database)
            built.write(place)
    finally:
        lock.release()


def _retain(folder: Path) -> None:
    made = sorted(folder.glob(f"*/{DATABASE}"), key=lambda path: path.stat().st_mtime)
    for path in made[:-KEPT]:
        shutil.rmtree(path.parent)
