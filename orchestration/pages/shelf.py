"""What of a home may be looked at: its releases, their pages and the files that their `release.json` names.

Belongs here: which file a name means, and why none does. Not here: the server (`serve`), nor what a page says.

Nothing here takes a lock or keeps a release: each question is answered by what lies there now.
"""

from __future__ import annotations

import datetime as dt
import os
import stat
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

import duckdb

from orchestration.base.duck import literal, scratch
from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.releases.content import is_as_published
from orchestration.releases.database import DATABASE
from orchestration.releases.headline import headline
from orchestration.releases.manifest import Manifest
from orchestration.releases.store import Releases
from orchestration.releases.terms import terms
from orchestration.releases.withheld import withheld

MANIFEST, PAGES = "release.json", ("index.html", "audit.html")


class MissingError(RefusalError):
    """There is no such release, or no such file of it."""


class KeptBackError(RefusalError):
    """The publisher's terms do not let it be passed on."""


@dataclass(frozen=True)
class Entry:
    """A release as the list shows it. `headline`: sentences; `damaged`: what is wrong with it, if anything is."""

    release_id: str
    is_current: bool
    made_at: dt.datetime | None
    headline: tuple[str, ...]
    verdict: str
    is_synthetic: bool
    damaged: str = ""


def entries(home: Home) -> list[Entry]:
    """All releases, the newest first."""
    store = Releases(home)
    current = store.current_id()
    return [_entry(store, release_id, release_id == current) for release_id in reversed(store.ids())]


def _entry(store: Releases, release_id: str, is_current: bool) -> Entry:
    said = store.known(release_id)
    if said is None:
        damaged = f"nobody can read its {MANIFEST}"
        return Entry(release_id, is_current, None, (), "unknown", False, damaged)
    verdict = "passed" if said.audit and said.audit.passed else "unknown"
    warned = said.audit.counts.get("warned", 0) if said.audit else 0
    return Entry(
        release_id,
        is_current,
        said.made_at,
        _headline(store.home.releases / release_id),
        f"{verdict}, {warned} warned" if warned else verdict,
        said.is_synthetic,
    )


@lru_cache(maxsize=256)
def _headline(folder: Path) -> tuple[str, ...]:
    """A release never changes, so neither does what it says; nothing of one whose tables this program does not know."""
    try:
        return tuple(headline(folder)[0])
    except (duckdb.Error, OSError):
        return ()


def current(home: Home) -> str:
    """The release that readers are to see; `MissingError` before the first."""
    release_id = Releases(home).current_id()
    if release_id is None:
        raise MissingError("nothing has been published yet", remedy="bonded run")
    return release_id


def manifest_of(home: Home, release_id: str) -> Manifest:
    """What a release says of itself; `MissingError` where there is none, or it was removed meanwhile."""
    store = Releases(home)
    if release_id not in store.ids():
        raise MissingError(f"there is no release {release_id}, or it is no longer kept", remedy="bonded releases")
    said = store.known(release_id)
    if said is None:
        raise RefusalError(f"release {release_id} is damaged: nobody can read its {MANIFEST}", remedy="bonded doctor")
    return said


def page_name(said: Manifest) -> str:
    """The file that is its page."""
    return next((name for name in PAGES if name in said.files), MANIFEST)


def opened(home: Home, said: Manifest, name: str) -> tuple[int, os.stat_result]:
    """A file of a release, open for reading: whoever has it keeps it, whatever becomes of the release.

    `MissingError` for what its `release.json` does not name, `KeptBackError` for rows that stay, `RefusalError` for
    what is not what was published.
    """
    folder = home.releases / said.release_id
    if name != MANIFEST and name not in said.files:
        raise MissingError(f"release {said.release_id} has no file {name}", remedy=f"its {MANIFEST} names its files")
    _refuse_rows_that_stay(folder, said, name)
    path = folder / PurePosixPath(name)
    try:
        if name != MANIFEST and path.stat() and not is_as_published(path, said.files[name]):
            raise RefusalError(
                f"release {said.release_id} is damaged: {name} is not what was published", remedy="bonded doctor"
            )
        # No name on the way may be a link: it could lead out of the release.
        if path.resolve() != folder.resolve() / PurePosixPath(name):
            raise MissingError(f"{name} of release {said.release_id} is a link", remedy="bonded doctor")
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise MissingError(
            f"{name} of release {said.release_id} is no longer there", remedy="bonded releases"
        ) from None
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        os.close(handle)
        raise MissingError(f"{name} of release {said.release_id} is no file", remedy="bonded doctor")
    return handle, found


def _refuse_rows_that_stay(folder: Path, said: Manifest, name: str) -> None:
    kept = withheld(said)
    if kept is None or not (name == DATABASE or name.startswith("parquet/")):
        return
    tables = _with_rows_of(folder, tuple(kept.receipts.items()))
    table = name.removeprefix("parquet/").split("/")[0].removesuffix(".parquet")
    by = tables if name == DATABASE else {table: tables.get(table, {})}
    if not any(by.values()):
        return
    sources = sorted({source for of in by.values() for source in of})
    attributions = "; ".join(sorted({terms(said)[source].attribution for source in sources}))
    raise KeptBackError(
        f"{name} has rows of {', '.join(sources)}, whose terms do not let them be passed on ({attributions})",
        remedy="marts and pages may be shown with the attribution; bonded export leaves such rows out; "
        "BONDED_<SOURCE>_PERMISSION says who permits it",
    )


@lru_cache(maxsize=256)
def _with_rows_of(folder: Path, receipts: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, dict[str, int]]:
    """By table and source the rows of a release that stay; it never changes."""
    from orchestration.releases.withheld import Withheld

    kept = Withheld(dict(receipts))
    with scratch(folder / DATABASE) as con:
        con.execute(f"attach {literal(folder / DATABASE)} as {kept.alias} (read_only)")
        return kept.counted(con, kept.alias)
