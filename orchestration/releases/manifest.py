"""What a release says it is made of: `release.json`, which a candidate has, too.

Belongs here: the form of the file, reading and writing it. Not here: which release readers see (`store`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from orchestration.base import durable
from orchestration.base.errors import RefusalError
from orchestration.landing.records import Fetched
from orchestration.landing.scope import Scope
from orchestration.landing.state import LandingState
from orchestration.releases.content import FileContent, TableContent


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReleaseReceipt(_Strict):
    """A receipt that a release is built from. `remarks`: what was odd about its scope; `fetched`: where its bytes came
    from, if they were not brought.
    """

    receipt_id: str
    sha256: str
    name: str
    vintage: dt.date
    scope: Scope
    remarks: tuple[str, ...] = ()
    fetched: Fetched | None = None


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
    fetched: Fetched | None = None


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


class SourceTerms(_Strict):
    """On what terms a source's figures may be used, as it says itself. `attribution`: how it is to be named."""

    attribution: str
    terms: str
    may_be_passed_on: bool


class FlippedClaim(_Strict):
    """A claim of which the figures say something else than in the release before. `detail`: why, as of now."""

    claim_id: str
    text: str
    publisher: str
    published_on: dt.date
    was: str
    is_now: str
    detail: str


class Corrections(_Strict):
    """What a release says otherwise than the one before it. `compared_with`: that one, None where there is none whose
    figures mean the same; `remark`: what could not be compared or taken over, in a sentence; `content`: of the table
    `mart_correction`, which is no part of what is compared between releases.
    """

    compared_with: str | None = None
    remark: str = ""
    content: TableContent | None = None
    flips: list[FlippedClaim] = []


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
    it is made of. `terms`: by source, of trade and of documents that have some. `corrections`: against `base`.
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
    read_back: str = ""
    files: dict[str, FileContent] = {}
    audit: AuditSummary | None = None
    evidence: dict[str, dict[str, str]] = {}
    held_back: dict[str, HeldBack] = {}
    parsers: dict[str, str] = {}
    terms: dict[str, SourceTerms] = {}
    corrections: Corrections = Corrections()

    @property
    def told(self) -> list[str]:
        """A sentence for each source that is held back."""
        return [held.told(source) for source, held in self.held_back.items()]

    @property
    def remarks(self) -> list[str]:
        """What is odd about the scopes of its receipts, a sentence each."""
        return [f"{r.name} (receipt {r.receipt_id}): {remark}" for r in self.receipts for remark in r.remarks]

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


def read_manifest(folder: Path) -> Manifest:
    """The manifest in a release's or candidate's folder; `RefusalError` where it cannot be read."""
    path = folder / "release.json"
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except (ValidationError, FileNotFoundError) as error:
        what = "is not there" if isinstance(error, FileNotFoundError) else "is not what was written"
        raise RefusalError(
            f"{folder.name} is damaged: its release.json {what}",
            remedy="bonded run publishes a sound release; bonded doctor names what is damaged",
        ) from None


def verdict(folder: Path) -> AuditSummary | None:
    """What the audit of a candidate came to; None of one that has none, or that cannot be read."""
    try:
        return read_manifest(folder).audit
    except RefusalError:
        return None


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write the manifest, in one step."""
    durable.write(folder / "release.json", manifest.model_dump_json(indent=1).encode())
