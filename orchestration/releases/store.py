"""The releases of a home: manifests, the pointer `current`, switching, rollback, retention.

A release folder is immutable. `current` is a relative symbolic link, replaced in one step; readers of the old
release go on reading, since nothing that they have open is written to.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock
from pydantic import BaseModel, ConfigDict

from orchestration.base.errors import RefusalError
from orchestration.base.settings import CONTRACT_VERSION, Home, settings
from orchestration.landing.scope import Scope
from orchestration.landing.state import LandingState
from orchestration.releases.content import FileContent, TableContent


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReleaseReceipt(_Strict):
    """A receipt that a release is built from."""

    receipt_id: str
    sha256: str
    name: str
    vintage: dt.date
    scope: Scope


class ReleaseCodeList(_Strict):
    """A code list that a release is built from. `year` is None except for lists of commodities."""

    receipt_id: str
    sha256: str
    name: str
    list: str
    year: int | None
    language: str
    vintage: dt.date


class ReleaseDocument(_Strict):
    """A document that a release is built from. `month` is the last one that it speaks of."""

    receipt_id: str
    sha256: str
    name: str
    source: str
    table: str
    title: str
    month: dt.date
    vintage: dt.date


class ReleaseWithdrawal(_Strict):
    """A receipt that a release was built without, and why."""

    receipt_id: str
    reason: str


class HeldBack(_Strict):
    """A source whose figures stay as the release before has them. `since`: the day from which on; `sequence`: the last
    record of landing that they reflect, 0 where that release has none and it is left out; `parser_version`: by which
    their rows were read; `withdrawn`: receipts that they are made of and that were withdrawn since; `candidate`: which
    was refused, and `why`: its first findings in words.
    """

    since: dt.date
    sequence: int
    parser_version: str
    withdrawn: list[str]
    candidate: str
    why: list[str]

    def told(self, source: str) -> str:
        """In a sentence."""
        kept = (
            "its figures are those that passed before" if self.sequence else "the release before has no figures of it"
        )
        gone = f", also of {', '.join(self.withdrawn)}, withdrawn since" if self.withdrawn else ""
        return f"{source} is held back since {self.since}, {kept}{gone}: {self.why[0]}"

    @property
    def kept(self) -> tuple[dt.date, int, list[str]]:
        """What a release says by it, whatever was refused meanwhile."""
        return self.since, self.sequence, self.withdrawn


class AuditSummary(_Strict):
    """Verdict of an audit: comparisons by verdict, how far it reached (`gates.reach`), and each comparison that is not
    simply passed or not applicable.
    """

    passed: bool
    counts: dict[str, int]
    coverage: dict[str, int] = {}
    findings: list[dict[str, Any]]


class Manifest(_Strict):
    """`release.json`: what a release (or a candidate) is made of. `base` is the release it was built upon.

    `layout`: hash of how tables are sorted and described; `replaced_rows`: since the file was last written in order;
    `read_whole_at`: when all that was taken over from earlier releases was last read, and audited, wholly;
    `evidence`: by gate and month what its comparisons were gathered from. `held_back`: by name the sources whose
    findings block, and which say here what they said before. `parsers`: by source the version of the parser whose rows
    it is made of.
    """

    release_id: str
    made_at: dt.datetime
    git_revision: str | None
    contract_version: int
    is_synthetic: bool
    receipt_sequence: int
    base: str | None
    receipts: list[ReleaseReceipt]
    withdrawals: list[ReleaseWithdrawal]
    code_lists: list[ReleaseCodeList] = []
    documents: list[ReleaseDocument] = []
    tables: dict[str, TableContent]
    layout: str = ""
    replaced_rows: int = 0
    read_whole_at: dt.datetime | None = None
    files: dict[str, FileContent] = {}
    audit: AuditSummary | None = None
    evidence: dict[str, dict[str, str]] = {}
    held_back: dict[str, HeldBack] = {}
    parsers: dict[str, str] = {}

    @property
    def told(self) -> list[str]:
        """A sentence for each source that is held back."""
        return [held.told(source) for source, held in self.held_back.items()]

    def state(self, records: LandingState) -> LandingState:
        """The records that it reflects, of all records of landing."""
        return records.until(self.receipt_sequence).holding_back(sequences(self.held_back))

    def same_content(self, other: Manifest) -> bool:
        """Whether both hold the same tables from the same receipts, code lists and documents."""
        what = ("tables", "receipts", "withdrawals", "code_lists", "documents")
        kept = [{source: held.kept for source, held in of.held_back.items()} for of in (self, other)]
        return kept[0] == kept[1] and all(getattr(self, part) == getattr(other, part) for part in what)


def parsers_of(held_back: Mapping[str, HeldBack]) -> dict[str, str]:
    """By source the version of the parser that read what is held back."""
    return {source: held.parser_version for source, held in held_back.items()}


def sequences(held_back: Mapping[str, HeldBack]) -> dict[str, int]:
    """By source the last record that what is held back reflects."""
    return {source: held.sequence for source, held in held_back.items()}


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
        if wanted is None:
            raise RefusalError("nothing has been published yet", remedy="bonded run")
        if wanted not in self.ids():
            raise RefusalError(f"there is no release {wanted!r}", remedy="bonded releases lists them")
        return self.home.releases / wanted

    def manifest(self, release_id: str | None = None) -> Manifest:
        """The manifest of a release (default: the current one)."""
        return read_manifest(self.folder(release_id))

    def readable(self, release_id: str | None = None) -> Manifest:
        """`manifest` of a release whose tables this program knows; `RefusalError` for one of another contract."""
        said = self.manifest(release_id)
        if said.contract_version != CONTRACT_VERSION:
            raise RefusalError(
                f"release {said.release_id} is of version {said.contract_version} of the contract; this program knows "
                f"the tables of version {CONTRACT_VERSION}",
                remedy="bonded run publishes the same receipts anew; bonded query --release reads any release as it is",
            )
        return said

    def add(self, candidate: Path) -> None:
        """Make a complete, audited candidate a release and switch to it. Only within `publication`."""
        target = self.home.releases / candidate.name
        candidate.replace(target)
        self.switch(candidate.name, "published")
        self._retain()

    def switch(self, release_id: str, why: str) -> None:
        """Point `current` at a release, in one step. Only within `publication`."""
        before = self.current_id()
        aside = self.home.releases / ".current"
        aside.unlink(missing_ok=True)
        aside.symlink_to(release_id)
        os.replace(aside, self.current_link)  # noqa: PTH105 - replaces the link itself, not what it points to
        entry = {"at": dt.datetime.now(dt.UTC).isoformat(), "from": before, "to": release_id, "why": why}
        with self._log.open("a", encoding="utf-8") as log:
            log.write(json.dumps(entry) + "\n")

    def rollback(self, release_id: str) -> None:
        """Let readers see an older release again."""
        with self.publication():
            self.folder(release_id)
            self.switch(release_id, "rollback")

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


def read_manifest(folder: Path) -> Manifest:
    """The manifest in a release's or candidate's folder."""
    return Manifest.model_validate_json((folder / "release.json").read_bytes())


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write the manifest, in one step."""
    aside = folder / ".release.json"
    aside.write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
    aside.replace(folder / "release.json")
