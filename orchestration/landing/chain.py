"""The chain of the records of landing: each bears the hash of the one before, so none is edited or removed unseen.

The first one that bears a hash covers all before it: homes are older than the chain. `landing/head` has the hash of the
last record, which no other bears; it may be one behind where a process was killed between the two, and may be missing.
What a record follows on is what was written, not what lies there now, so that no later record covers up an edit.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from orchestration.base import durable
from orchestration.base.errors import RefusalError

#: The key under which a record bears the hash of what lies before it.
PREVIOUS = "previous"


class Chain:
    """The chain of one landing."""

    def __init__(self, landing: Path) -> None:
        self._records, self._head = landing / "records", landing / "head"

    def before(self, sequence: int) -> str:
        """What the record of that number has to bear: the hash of the one before, or of all that bear none."""
        last, digest = self._ends()
        return digest if last == sequence - 1 and digest else _hash_before(sequence, self._read())

    def ends_with(self, sequence: int, data: bytes) -> None:
        """Keep the hash of the last record."""
        durable.write(self._head, f"{sequence} {_digest(data)}\n".encode())

    def faults(self) -> list[tuple[Path, str]]:
        """Every record that is not what was written, or not there, with what is wrong; none of a sound chain."""
        records = self._read()
        found = dict(_faults(records))
        last, digest = self._ends()
        if last and last not in records:
            found.setdefault(last, "is not there, though it was written")
        elif last and digest != _digest(records[last]):
            found.setdefault(last, "is not what was written")
        return [(self._path(number), what) for number, what in sorted(found.items())]

    def check(self) -> None:
        """`RefusalError` naming the first record that is not what was written."""
        faults = self.faults()
        if faults:
            path, what = faults[0]
            more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
            raise RefusalError(
                f"this record of landing {what}{more}: what the home was told is not what it says now",
                file=str(path),
                remedy=f"restore {path} from a backup; bonded doctor names every one",
            )

    def _read(self) -> dict[int, bytes]:
        """The records as they lie there, by number."""
        paths = sorted(path for path in self._records.glob("*.json") if path.stem.isdigit())
        return {int(path.stem): path.read_bytes() for path in paths}

    def _ends(self) -> tuple[int, str]:
        """Number and hash of the last record, as far as they were kept."""
        with suppress(OSError, ValueError):
            last, digest = self._head.read_text(encoding="ascii").split()
            return int(last), digest
        return 0, ""

    def _path(self, sequence: int) -> Path:
        return self._records / f"{sequence:06d}.json"


def _faults(records: dict[int, bytes]) -> Iterator[tuple[int, str]]:
    is_chained = False
    for number in range(1, max(records, default=0) + 1):
        if number not in records:
            yield number, "is not there, though a later one is"
            continue
        said = _previous(records[number])
        if said is None and is_chained:
            yield number, "bears no hash of the one before"
        # Of a record that is not there the one behind it tells nothing more.
        if said is not None and (number == 1 or number - 1 in records) and said != _hash_before(number, records):
            yield (
                max(number - 1, 1),
                "is not what was written" if is_chained else "or one before it is not what was written",
            )
        is_chained = is_chained or said is not None


def _hash_before(sequence: int, records: dict[int, bytes]) -> str:
    """The hash that a record of that number bears if all that lies before it is as it was."""
    last = records.get(sequence - 1, b"")
    if _previous(last) is not None:
        return _digest(last)
    return _digest(*(data for number, data in records.items() if number < sequence))


def _previous(record: bytes) -> str | None:
    """The hash that a record bears; None if it bears none, or cannot be read."""
    with suppress(ValueError):
        said = json.loads(record)
        found = said.get(PREVIOUS) if isinstance(said, dict) else None
        return found if isinstance(found, str) else None
    return None


def _digest(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
