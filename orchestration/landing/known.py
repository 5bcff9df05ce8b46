"""Files of the inbox that have been looked at: a small memory, so that only new or changed ones are opened.

`warehouse/inbox.json`: path below the inbox → marks of the file and of its sidecar, and the receipt of its bytes
(none if it was refused and could not be moved away). Losing it costs time and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from orchestration.base.settings import Home, settings
from orchestration.landing.listing import Waiting


class Known:
    """What earlier runs saw. `sequence`: the last record of landing then; `datasets`: hash of what was promised."""

    def __init__(self, sequence: int = 0, datasets: str = "", files: dict[str, list[Any]] | None = None) -> None:
        self.sequence, self.datasets = sequence, datasets
        self._files = files if files is not None else {}

    @classmethod
    def read(cls, home: Home) -> Known:
        """The memory on disk; an empty one if there is none that can be read."""
        with suppress(OSError, ValueError, TypeError, KeyError):
            said = json.loads(_path(home).read_bytes())
            return cls(int(said["sequence"]), str(said["datasets"]), dict(said["files"]))
        return cls()

    def write(self, home: Home) -> None:
        """Replace the memory on disk in one step."""
        said = {"sequence": self.sequence, "datasets": self.datasets, "files": self._files}
        with tempfile.NamedTemporaryFile("w", dir=home.warehouse, prefix=".inbox-", delete=False) as stream:
            json.dump(said, stream)
        Path(stream.name).replace(_path(home))

    def add(self, file: Waiting, receipt_id: str | None) -> None:
        """Remember what a file came to."""
        self._files[file.relative] = [_marks(file), receipt_id]

    def keep_only(self, files: list[Waiting]) -> None:
        """Forget files that are no longer there."""
        there = {file.relative for file in files}
        self._files = {relative: seen for relative, seen in self._files.items() if relative in there}

    def has_seen(self, file: Waiting) -> bool:
        """Whether the file was looked at as it is now."""
        return self._find(file) is not None

    def receipt(self, file: Waiting) -> str | None:
        """The receipt that the file as it is now came to, if it was taken in."""
        found = self._find(file)
        return found[1] if found and isinstance(found[1], str) else None

    def _find(self, file: Waiting) -> list[Any] | None:
        found = self._files.get(file.relative)
        return found if found and found[0] == _marks(file) else None


def promises() -> str:
    """Hash of the datasets: another promise may give the same bytes another scope."""
    return hashlib.sha256((settings().expectations / "datasets.yml").read_bytes()).hexdigest()[:16]


def _marks(file: Waiting) -> list[int]:
    return [*file.mark, *(file.sidecar or ())]


def _path(home: Home) -> Path:
    return home.warehouse / "inbox.json"
