"""Landing: received bytes by hash, and the append-only record of receipts, code lists and withdrawals.

One record is one file `records/<sequence>.json`, created whole or not at all (written aside, then linked
under its number). Nothing here is ever edited or deleted.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from filelock import FileLock
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from orchestration.errors import RefusalError
from orchestration.landing.scope import Months, Scope
from orchestration.settings import SYNTHETIC_SOURCES, Home, settings


class ReceivedMonth(BaseModel):
    """What a file was seen to print for one month when it was received: rows, and their value in whole units."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    month: dt.date
    rows: int
    value: int


class Receipt(BaseModel):
    """The event of receiving bytes under a declared scope."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["receipt"] = "receipt"
    sequence: int
    receipt_id: str
    sha256: str
    bytes: int
    name: str
    received_at: dt.datetime
    dataset: str | None
    vintage: dt.date
    header: str | None
    scope: Scope
    printed: Months | None
    encoding: str
    content: tuple[ReceivedMonth, ...]


class CodeListReceipt(BaseModel):
    """The event of receiving a code list. `list`: hs8, partner, regime or province; `language`: en or zh; `year`: the
    year whose list of commodities it is, None for the other lists.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["code_list"] = "code_list"
    sequence: int
    receipt_id: str
    sha256: str
    bytes: int
    name: str
    received_at: dt.datetime
    vintage: dt.date
    source: str
    list: str
    year: int | None
    language: str
    encoding: str
    rows: int

    @property
    def subject(self) -> tuple[str, int | None, str]:
        """List, year and language: of one subject the latest counts, by vintage and sequence."""
        return self.list, self.year, self.language


class Withdrawal(BaseModel):
    """The event of declaring a receipt wrong; it counts no longer, from the next build on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["withdrawal"] = "withdrawal"
    sequence: int
    receipt_id: str
    reason: str
    withdrawn_at: dt.datetime


AnyRecord = Receipt | CodeListReceipt | Withdrawal
Record = Annotated[AnyRecord, Field(discriminator="kind")]
_RECORD: TypeAdapter[AnyRecord] = TypeAdapter(Record)


def order_of_truth(vintage: dt.date, scope: Scope, sequence: int) -> tuple[dt.date, int, int]:
    """Of several receipts of a cell the greatest counts: later vintage, then finer grain, then later sequence."""
    return vintage, len(scope.further_dimensions), sequence


@dataclass(frozen=True)
class LandingState:
    """All records up to a sequence number: what a run is built from. `receipts` and `active` are trade only."""

    sequence: int
    receipts: tuple[Receipt, ...]
    withdrawals: tuple[Withdrawal, ...]
    lists: tuple[CodeListReceipt, ...] = ()

    def having(self, new: Sequence[AnyRecord]) -> LandingState:
        """These records and later ones."""
        if not new:
            return self
        return LandingState(
            new[-1].sequence,
            self.receipts + tuple(r for r in new if isinstance(r, Receipt)),
            self.withdrawals + tuple(r for r in new if isinstance(r, Withdrawal)),
            self.lists + tuple(r for r in new if isinstance(r, CodeListReceipt)),
        )

    def until(self, sequence: int) -> LandingState:
        """The records up to and with a sequence number."""
        receipts = tuple(r for r in self.receipts if r.sequence <= sequence)
        withdrawals = tuple(r for r in self.withdrawals if r.sequence <= sequence)
        return LandingState(
            min(sequence, self.sequence), receipts, withdrawals, tuple(r for r in self.lists if r.sequence <= sequence)
        )

    @property
    def active(self) -> tuple[Receipt, ...]:
        """Receipts that count, in order of sequence."""
        gone = {w.receipt_id for w in self.withdrawals}
        return tuple(r for r in self.receipts if r.receipt_id not in gone)

    @property
    def code_lists(self) -> tuple[CodeListReceipt, ...]:
        """Code lists that are not withdrawn, from the lowest precedence to the highest: by vintage, then sequence."""
        gone = {w.receipt_id for w in self.withdrawals}
        kept = (r for r in self.lists if r.receipt_id not in gone)
        return tuple(sorted(kept, key=lambda r: (r.vintage, r.sequence)))

    @property
    def received(self) -> tuple[Receipt | CodeListReceipt, ...]:
        """Everything that was ever received, withdrawn or not, in order of sequence."""
        both: list[Receipt | CodeListReceipt] = [*self.receipts, *self.lists]
        return tuple(sorted(both, key=lambda r: r.sequence))

    @property
    def first_source(self) -> str | None:
        """Source of the first receipt of any kind, which decides whether the home is real or synthetic (rule 7)."""
        firsts: list[Receipt | CodeListReceipt] = [*self.receipts[:1], *self.lists[:1]]
        first = min(firsts, key=lambda r: r.sequence, default=None)
        return first.scope.source if isinstance(first, Receipt) else first.source if first else None

    @property
    def is_synthetic(self) -> bool:
        """Whether the home holds made-up figures."""
        return self.first_source in SYNTHETIC_SOURCES

    def precedence(self) -> dict[str, int]:
        """Rank of each active receipt: later vintage, then finer grain, then later sequence (rules 1 and 5)."""
        ordered = sorted(self.active, key=lambda r: order_of_truth(r.vintage, r.scope, r.sequence))
        return {r.receipt_id: rank for rank, r in enumerate(ordered, start=1)}

    @property
    def dataset_names(self) -> tuple[str, ...]:
        """Datasets that are active here: named by a receipt, once and for all."""
        return tuple(dict.fromkeys(r.dataset for r in self.receipts if r.dataset))


class Landing:
    """The landing of one home. It keeps the records that it has read, and reads those that were added since."""

    def __init__(self, home: Home) -> None:
        self._read = LandingState(0, (), ())
        self._records = home.landing / "records"
        self._bytes = home.landing / "bytes"
        self._work = home.landing / "work"
        self._lock_path = home.landing / ".lock"

    def state(self, sequence: int | None = None) -> LandingState:
        """The records as of now, or up to and with a sequence number."""
        self._read = self._read.having([_RECORD.validate_json(path.read_bytes()) for path in self._unread()])
        return self._read if sequence is None else self._read.until(sequence)

    def _unread(self) -> list[Path]:
        """Records added since the last look, here or by another process: they are numbered without a gap."""
        last, found = self._read.sequence, list[Path]()
        if not last:
            return sorted(self._records.glob("*.json")) if self._records.exists() else []
        while (path := self._record_path(last + len(found) + 1)).exists():
            found.append(path)
        return found

    def last_sequence(self) -> int:
        """The number of the last record, from the names alone; 0 if there is none."""
        paths = self._records.iterdir() if self._records.exists() else ()
        return max((int(path.stem) for path in paths if path.stem.isdigit()), default=0)

    def _record_path(self, sequence: int) -> Path:
        return self._records / f"{sequence:06d}.json"

    def bytes_path(self, sha256: str) -> Path:
        """Where the bytes of that hash lie."""
        return self._bytes / sha256[:2] / sha256

    @contextmanager
    def receiving(self) -> Iterator[Path]:
        """Hold the landing for one change and give a work folder, emptied before and after."""
        self._lock_path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self._lock_path, timeout=settings().lock_seconds):
            shutil.rmtree(self._work, ignore_errors=True)
            self._work.mkdir(parents=True)
            try:
                yield self._work
            finally:
                shutil.rmtree(self._work, ignore_errors=True)

    def keep_bytes(self, path: Path, sha256: str) -> None:
        """Move a complete file to its place by hash."""
        target = self.bytes_path(sha256)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            _sync(path)
            path.replace(target)
            _sync(target.parent)

    def append(self, record: Receipt | CodeListReceipt | Withdrawal) -> None:
        """Write one record under its number; whole or not at all. Only within `receiving`."""
        self._records.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._work, suffix=".json", delete=False) as stream:
            stream.write(record.model_dump_json(indent=1).encode())
            stream.flush()
            os.fsync(stream.fileno())
        os.link(stream.name, self._record_path(record.sequence))
        _sync(self._records)

    def withdraw(self, receipt_id: str, reason: str, *, dry_run: bool = False) -> Withdrawal:
        """Record that a receipt is wrong (in a dry run only check that it could be).

        `RefusalError` if there is none of that id, or it is withdrawn already.
        """
        if not reason.strip():
            raise RefusalError("a withdrawal needs a reason", remedy="--reason 'why the receipt is wrong'")
        with self.receiving():
            state = self.state()
            gone = {w.receipt_id for w in state.withdrawals}
            ids = [r.receipt_id for r in state.received]
            if receipt_id not in ids:
                known = ", ".join([i for i in ids if i not in gone][-5:]) or "none"
                raise RefusalError(f"there is no receipt {receipt_id!r}", remedy=f"latest receipts: {known}")
            if receipt_id in gone:
                raise RefusalError(f"{receipt_id} is withdrawn already", remedy="nothing to do")
            record = Withdrawal(
                sequence=state.sequence + 1,
                receipt_id=receipt_id,
                reason=reason.strip(),
                withdrawn_at=dt.datetime.now(dt.UTC),
            )
            if not dry_run:
                self.append(record)
            return record


def _sync(path: Path) -> None:
    """Flush a file or folder to the disk, so that a crash cannot leave a name without its content."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
