"""Looking at the inbox without opening a file: what lies there, what is still growing, what is known already.

Nothing here follows a symbolic link or opens a pipe: only plain files below the inbox are files of the inbox.
"""

from __future__ import annotations

import math
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from orchestration.base.errors import RefusalError
from orchestration.base.plain import printable
from orchestration.base.settings import Home
from orchestration.landing.names import derived, is_declaration, is_passed_over, is_unfinished, sidecar

REJECTED = "rejected"
#: Size, time of the content and time of the entry, in nanoseconds: a change of the file changes one of them.
Mark = tuple[int, int, int]


@dataclass(frozen=True)
class Waiting:
    """A data file of the inbox. `relative`: its path below the inbox; marks of it and of its sidecar, if it has one.

    `unfinished`: it holds the name of a download that is still being written beside it.
    """

    relative: str
    mark: Mark
    sidecar: Mark | None
    unfinished: bool = False

    @property
    def folder(self) -> str | None:
        """The folder of the inbox that it lies in, as it is shown; None in the inbox itself."""
        folder, slash, _ = self.relative.partition(os.sep)
        return printable(folder) if slash else None

    def quiet_since(self) -> float:
        """When file and sidecar changed last, in seconds: by the time of the entry, which no copying tool sets back.

        Of a file that is not whole yet, never.
        """
        if self.unfinished:
            return math.inf
        return max(self.mark[2], self.sidecar[2] if self.sidecar else 0) / 1e9


@dataclass(frozen=True)
class Listing:
    """Files in order of their path, and folders that could not be read."""

    files: list[Waiting]
    unreadable: list[tuple[Path, RefusalError]]


def _mark(found: os.stat_result) -> Mark:
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns


def listing(home: Home) -> Listing:
    """All data files of the inbox; no hidden or partial files or folders, no sidecars, nothing rejected."""
    files: list[Waiting] = []
    unreadable: list[tuple[Path, RefusalError]] = []
    folders = [home.inbox] if home.inbox.is_dir() else []
    while folders:
        folder = folders.pop()
        try:
            entries = {entry.name: entry for entry in os.scandir(folder)}
        except OSError as error:
            refusal = RefusalError(
                f"the folder cannot be read ({error.strerror})",
                file=_short(str(folder.relative_to(home.inbox))),
                remedy="give the right to read it, or move it out of the inbox",
            )
            unreadable.append((folder, refusal))
            continue
        for name, entry in entries.items():
            if is_passed_over(name) or (folder == home.inbox and name == REJECTED):
                continue
            # An entry may vanish while it is looked at.
            with suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    folders.append(folder / name)
                elif entry.is_file(follow_symlinks=False) and not is_declaration(name):
                    files.append(_waiting(home, folder, entry, entries))
    return Listing(sorted(files, key=lambda w: Path(w.relative).parts), unreadable)


def is_unchanged(home: Home, file: Waiting) -> bool:
    """Whether a file and its sidecar are as they were listed; `FileNotFoundError` if the file has vanished."""
    path = home.inbox / file.relative
    beside = sidecar(path)
    return (_mark(path.lstat()), _mark(beside.lstat()) if os.path.lexists(beside) else None) == (
        file.mark,
        file.sidecar,
    )


def _waiting(home: Home, folder: Path, entry: os.DirEntry[str], entries: dict[str, os.DirEntry[str]]) -> Waiting:
    companion = entries.get(derived(entry.name, ".yml"))
    beside = _mark(companion.stat(follow_symlinks=False)) if companion else None
    relative = os.path.relpath(entry.path, home.inbox) if folder != home.inbox else entry.name
    mark = _mark(entry.stat(follow_symlinks=False))
    return Waiting(relative, mark, beside, is_unfinished(entry.name, mark[0], entries))


def _short(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:200]}…"
