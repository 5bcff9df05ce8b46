"""The releases of a home: opening them, the pointer `current`, switching, rollback, retention.

A release folder is immutable. `current` is a relative symbolic link, replaced in one step; readers of the old
release go on reading, since nothing that they have open is written to.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb
from filelock import FileLock

from orchestration.base import durable
from orchestration.base.errors import RefusalError
from orchestration.base.hashes import file_sha256
from orchestration.base.settings import CONTRACT_VERSION, Home, settings
from orchestration.landing.store import READ_ONLY
from orchestration.releases.content import is_as_published, is_intact
from orchestration.releases.manifest import Manifest, read_manifest
from orchestration.releases.read_back import differing


class Releases:
    """The releases of one home."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.current_link = home.releases / "current"
        self._log = home.releases / "switches.jsonl"
        self._pins = home.releases / "pinned.txt"
        #: There while something published was found to be damaged: then nothing is taken over unread.
        self.doubted = home.warehouse / "doubted"

    @contextmanager
    def publication(self) -> Iterator[None]:
        """The publication lock: one publication or rollback at a time."""
        self.home.releases.mkdir(parents=True, exist_ok=True)
        with FileLock(self.home.releases / ".lock", timeout=settings().lock_seconds):
            yield

    def current_id(self) -> str | None:
        """The release that readers see; None before the first, and where its folder or `release.json` is gone."""
        if not (self.current_link / "release.json").exists():
            return None
        return self.current_link.readlink().name

    def unseen(self) -> str | None:
        """Why readers see nothing though something was published, in a sentence; None where they do, or nothing was."""
        if not self.current_link.is_symlink() or self.current_id():
            return None
        name = self.current_link.readlink().name
        what = "without its release.json" if self.current_link.exists() else "not there"
        return f"readers see nothing: current points to {name}, which is {what}"

    def ids(self) -> list[str]:
        """All published releases, oldest first."""
        # A kill between a switch and its line in the log leaves it to the next line to name that release.
        named = [entry[end] for entry in self._switches() for end in ("from", "to")] + [self.current_id()]
        known = {name: n for n, name in reversed(list(enumerate(named)))}
        folders = self.home.releases.iterdir() if self.home.releases.exists() else ()
        found = [p.name for p in folders if p.is_dir() and not p.is_symlink() and p.name in known]
        # Of two that were made within a second the log knows the order, which their names do not.
        return sorted(found, key=lambda name: (name.partition("-")[0], known[name]))

    def folder(self, release_id: str | None = None) -> Path:
        """The folder of a release (default: the current one); `RefusalError` if there is none."""
        wanted = release_id or self.current_id()
        if wanted is None and (unseen := self.unseen()):
            raise RefusalError(unseen, remedy="bonded run publishes anew; bonded rollback ID shows an older release")
        if wanted is None:
            raise RefusalError("nothing has been published yet", remedy="bonded run")
        if wanted not in self.ids():
            raise RefusalError(f"there is no release {wanted!r}", remedy="bonded releases lists them")
        return self.home.releases / wanted

    def manifest(self, release_id: str | None = None) -> Manifest:
        """The manifest of a release (default: the current one); `RefusalError` where it cannot be read."""
        return read_manifest(self.folder(release_id))

    def opened(self, release_id: str | None = None) -> tuple[Path, Manifest]:
        """Folder and manifest of a release for whoever reads it: the one way in. `RefusalError` for a damaged one.

        Files are known by size and time, and read where these differ.
        """
        folder = self.folder(release_id)
        said = read_manifest(folder)
        for name, of in said.files.items():
            if not is_as_published(folder / name, of):
                raise self._damaged(folder.name, f"{name} is not what was published")
        return folder, said

    def _damaged(self, release_id: str, what: str) -> RefusalError:
        is_seen = self.current_link.is_symlink() and release_id == self.current_link.readlink().name
        remedy = "bonded run publishes a sound one" if is_seen else "bonded releases lists the others"
        return RefusalError(f"release {release_id} is damaged: {what}", remedy=remedy)

    def base(self) -> str | None:
        """The release that a candidate is built upon: the current one, unless nobody can read what it is made of."""
        current = self.current_id()
        return current if self.known(current) else None

    def known(self, release_id: str | None) -> Manifest | None:
        """The manifest of a release, sound or not; None where there is none that can be read."""
        try:
            return read_manifest(self.home.releases / release_id) if release_id else None
        except RefusalError:
            return None

    def unreadable(self) -> list[str]:
        """Why nothing can be built upon the release that readers see, in a sentence; none if it can."""
        if unseen := self.unseen():
            return [unseen]
        if self.current_id() and self.base() is None:
            return [f"release {self.current_id()} is damaged: nobody can read its release.json"]
        return []

    def readable(self, release_id: str | None = None) -> tuple[Path, Manifest]:
        """`opened`, of a release whose tables this program knows; `RefusalError` for one of another contract."""
        folder, said = self.opened(release_id)
        if said.contract_version != CONTRACT_VERSION:
            raise RefusalError(
                f"release {said.release_id} is of version {said.contract_version} of the contract; this program knows "
                f"the tables of version {CONTRACT_VERSION}",
                remedy="bonded run publishes the same receipts anew; bonded query --release reads any release as it is",
            )
        return folder, said

    def add(self, candidate: Path) -> list[str]:
        """Make a complete, audited candidate a release and switch to it. Only within `publication`.

        Once readers see it nothing that follows is a failure: what could not be done is returned, in sentences.
        """
        target = self.home.releases / candidate.name
        seal(candidate)
        durable.take_place(candidate, target)
        try:
            warnings = self.switch(candidate.name, "published")
        except OSError:
            target.replace(candidate)
            raise
        try:
            self._retain()
        except OSError as error:
            warnings.append(f"an old release could not be removed ({error}); the next publication does")
        return warnings

    def switch(self, release_id: str, why: str) -> list[str]:
        """Point `current` at a release, in one step; sentences of what could not be done after it. Only within
        `publication`.
        """
        before = self.current_id()
        aside = self.home.releases / ".current"
        aside.unlink(missing_ok=True)
        aside.symlink_to(release_id)
        manifest = file_sha256(self.home.releases / release_id / "release.json")
        durable.take_place(aside, self.current_link)
        entry = {"at": dt.datetime.now(dt.UTC).isoformat(), "from": before, "to": release_id, "why": why,
                 "manifest": manifest}  # fmt: skip
        try:
            with self._log.open("a", encoding="utf-8") as log:
                log.write(json.dumps(entry) + "\n")
        except OSError as error:
            return [f"{self._log.name} could not be written ({error}); readers see {release_id} all the same"]
        return []

    def rollback(self, release_id: str) -> list[str]:
        """Let readers see an older release again; `RefusalError` naming the file where it is damaged."""
        with self.publication():
            if found := self.damage(release_id):
                raise self._damaged(release_id, found[0])
            return self.switch(release_id, "rollback")

    def damage(self, release_id: str) -> list[str]:
        """What of a release is not what was published, in sentences, all of it read: files, and what they hold."""
        folder = self.folder(release_id)
        logged = [entry.get("manifest") for entry in self._switches() if entry.get("to") == release_id]
        if (said := self.known(release_id)) is None:
            return ["nobody can read its release.json"]
        if any(logged) and file_sha256(folder / "release.json") not in logged:
            return ["release.json is not what was published"]
        found = [
            f"{name} is not what was published" for name, of in said.files.items() if not is_intact(folder / name, of)
        ]
        return found or differing(folder, said if said.read_back == duckdb.__version__ else None)

    def pin(self, release_id: str, keep: bool = True) -> None:
        """Keep a release for good, or no longer."""
        with self.publication():
            self.folder(release_id)
            pins = (self.pins() | {release_id}) if keep else (self.pins() - {release_id})
            self._pins.write_text("".join(f"{p}\n" for p in sorted(pins)), encoding="utf-8")

    def pins(self) -> set[str]:
        """Releases that retention leaves alone."""
        return set(self._pins.read_text(encoding="utf-8").split()) if self._pins.exists() else set()

    def recover(self) -> None:
        """Put a folder that was never switched to back among the candidates: its publication was cut off."""
        published = set(self.ids())
        for path in self.home.releases.iterdir():
            if path.is_dir() and not path.is_symlink() and path.name not in published:
                shutil.rmtree(self.home.candidates / path.name, ignore_errors=True)
                path.replace(self.home.candidates / path.name)

    def _switches(self) -> list[dict[str, Any]]:
        if not self._log.exists():
            return []
        entries = []
        for line in self._log.read_text(encoding="utf-8").splitlines():
            try:
                entries.append(json.loads(line))
            except json.JSONDecodeError:
                continue  # a line cut off by a crash: the switch itself stands in `current`
        return entries

    def _retain(self) -> None:
        ids = self.ids()
        keep = set(ids[-settings().keep_releases :]) | self.pins() | {self.current_id()}
        for release_id in ids:
            if release_id not in keep:
                shutil.rmtree(self.home.releases / release_id)


def seal(folder: Path) -> None:
    """Take the right to write from every file of a release; its folders stay, for whoever removes it.

    A link to a file of somebody else, with whom a home is shared, is left as he has it.
    """
    for path in folder.rglob("*"):
        if path.is_file() and path.stat().st_mode & 0o777 != READ_ONLY:
            with suppress(PermissionError):
                path.chmod(READ_ONLY)
