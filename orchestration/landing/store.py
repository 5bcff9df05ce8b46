"""Landing on disk: received bytes by hash, and the append-only record of receipts and withdrawals.

One record is one file `records/<sequence>.json`, created whole or not at all (written aside, then linked
under its number), and chained to the one before (`chain`). Nothing here is ever edited or deleted.
"""

from __future__ import annotations

import datetime as dt
import errno
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock
from pydantic import TypeAdapter, ValidationError

from orchestration.base import durable
from orchestration.base.errors import RefusalError
from orchestration.base.hashes import file_sha256
from orchestration.base.settings import Home, settings
from orchestration.landing.chain import PREVIOUS, Chain
from orchestration.landing.records import (
    Activation,
    AnyRecord,
    CodeListReceipt,
    DocumentReceipt,
    Receipt,
    ReceivedMonth,
    Record,
    Withdrawal,
)
from orchestration.landing.state import LandingState, order_of_truth

__all__ = [
    "CodeListReceipt",
    "DocumentReceipt",
    "Landing",
    "LandingState",
    "Receipt",
    "ReceivedMonth",
    "Withdrawal",
    "order_of_truth",
]
_RECORD: TypeAdapter[AnyRecord] = TypeAdapter(Record)
#: What is never written again bears no right to be.
READ_ONLY = 0o444
#: Where nothing may be written, a file can be looked at all the same.
_NO_RIGHT = (errno.EROFS, errno.EACCES, errno.EPERM)


class Landing:
    """The landing of one home. It keeps the records that it has read, and reads those that were added since."""

    def __init__(self, home: Home) -> None:
        self._read = LandingState(0, (), ())
        self.records = home.landing / "records"
        self._bytes = home.landing / "bytes"
        self._work = home.landing / "work"
        self._lock_path = home.landing / ".lock"
        self.chain = Chain(home.landing)

    def state(self, sequence: int | None = None) -> LandingState:
        """The records as of now, or up to and with a sequence number."""
        self._read = self._read.having([read_record(path) for path in self._unread()])
        return self._read if sequence is None else self._read.until(sequence)

    def _unread(self) -> list[Path]:
        """Records added since the last look, here or by another process: they are numbered without a gap."""
        last, found = self._read.sequence, list[Path]()
        if not last:
            return sorted(self.records.glob("*.json")) if self.records.exists() else []
        while (path := self._record_path(last + len(found) + 1)).exists():
            found.append(path)
        return found

    def last_sequence(self) -> int:
        """The number of the last record, from the names alone; 0 if there is none."""
        paths = self.records.iterdir() if self.records.exists() else ()
        return max((int(path.stem) for path in paths if path.stem.isdigit()), default=0)

    def _record_path(self, sequence: int) -> Path:
        return self.records / f"{sequence:06d}.json"

    def bytes_path(self, sha256: str) -> Path:
        """Where the bytes of that hash lie."""
        return self._bytes / sha256[:2] / sha256

    @contextmanager
    def receiving(self) -> Iterator[Path]:
        """Hold the landing for one change and give a work folder, emptied before and after.

        Where nothing may be written the folder lies elsewhere: all but the change itself can be done there.
        """
        with self._locked(), self._work_folder() as work:
            yield work

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self._lock_path.parent.mkdir(parents=True, exist_ok=True)
            self._lock_path.open("a").close()
        except OSError as error:
            if error.errno not in _NO_RIGHT:
                raise
            yield
            return
        with FileLock(self._lock_path, timeout=settings().lock_seconds):
            yield

    @contextmanager
    def _work_folder(self) -> Iterator[Path]:
        try:
            shutil.rmtree(self._work, ignore_errors=True)
            self._work.mkdir(parents=True)
        except OSError as error:
            if error.errno not in _NO_RIGHT:
                raise
            with tempfile.TemporaryDirectory(prefix="bonded-work-") as work:
                yield Path(work)
            return
        try:
            yield self._work
        finally:
            shutil.rmtree(self._work, ignore_errors=True)

    def keep_bytes(self, path: Path, sha256: str) -> None:
        """Move a complete file to its place by hash; over what lies there, if that is not what its name says."""
        target = self.bytes_path(sha256)
        if not target.exists() or file_sha256(target) != sha256:
            target.parent.mkdir(parents=True, exist_ok=True)
            path.chmod(READ_ONLY)
            durable.take_place(path, target)

    def append(self, record: AnyRecord) -> None:
        """Write one record under its number, with the hash of the one before; whole or not at all. Only within
        `receiving`.
        """
        self.records.mkdir(parents=True, exist_ok=True)
        said = {**json.loads(record.model_dump_json()), PREVIOUS: self.chain.before(record.sequence)}
        data = json.dumps(said, ensure_ascii=False, indent=1).encode()
        self._work.mkdir(parents=True, exist_ok=True)
        aside = self._work / f"{record.sequence:06d}.json"
        aside.write_bytes(data)
        aside.chmod(READ_ONLY)
        durable.link_once(aside, self._record_path(record.sequence))
        self.chain.ends_with(record.sequence, data)

    def withdraw(self, receipt_id: str, reason: str, *, dry_run: bool = False) -> Withdrawal:
        """Record that a receipt is wrong (in a dry run only check that it could be).

        `RefusalError` if there is none of that id, or it is withdrawn already.
        """
        if not reason.strip():
            raise RefusalError("a withdrawal needs a reason", remedy="--reason 'why the receipt is wrong'")
        with self.receiving():
            state = self.state()
            gone = state.withdrawn
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

    def activate(self, dataset: str) -> bool:
        """Record that a dataset, or a source of documents, is to be fetched; False if it is active already."""
        with self.receiving():
            state = self.state()
            if dataset in state.dataset_names:
                return False
            at = dt.datetime.now(dt.UTC)
            self.append(Activation(sequence=state.sequence + 1, dataset=dataset, activated_at=at))
            return True


def read_record(path: Path) -> AnyRecord:
    """One record; `RefusalError` naming its file if that is not what was written."""
    try:
        said = json.loads(path.read_bytes())
        said.pop(PREVIOUS, None)
        record = _RECORD.validate_python(said)
        if f"{record.sequence:06d}" != path.stem:
            raise ValueError("it bears another number")
    except (ValueError, AttributeError, ValidationError) as error:
        what = "it is no record" if isinstance(error, ValidationError) else str(error)
        raise RefusalError(
            f"a record of landing cannot be read ({what})", file=str(path), remedy=f"restore {path} from a backup"
        ) from None
    return record
