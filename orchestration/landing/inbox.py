"""The inbox: files that wait in `inbox/<dataset or source>/`, each received like any other; a refused one is set aside.

Received files stay where they are and are known by their hash; `known` spares the hashing of what has not changed.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.landing.arrival import StillChangingError
from orchestration.landing.datasets import load_datasets
from orchestration.landing.known import Known, promises
from orchestration.landing.listing import Waiting, is_unchanged, listing
from orchestration.landing.names import shown_name, sidecar
from orchestration.landing.receivers import receive_file
from orchestration.landing.rejected import Rejected
from orchestration.landing.scope import Declaration
from orchestration.landing.store import Landing
from orchestration.sources.catalogue import SOURCES

Progress = Callable[[Path], None]


@dataclass(frozen=True)
class InboxOutcome:
    """What taking in the inbox did: receipts of new files, refused ones with the reason, and those still changing.

    A refused file is named by where it lies now: in `inbox/rejected/`, or where it was if it could not be moved.
    `remarks`: what is odd about a received one.
    """

    received: list[str] = field(default_factory=list)
    refused: list[tuple[Path, RefusalError]] = field(default_factory=list)
    left: list[Path] = field(default_factory=list)
    remarks: list[tuple[Path, str]] = field(default_factory=list)


def take_in(home: Home, progress: Progress = lambda _: None, *, quiet: float = 0, wait: bool = False) -> InboxOutcome:
    """Receive every new or changed file; a refused one moves to `inbox/rejected/`, the others go on.

    `quiet`: seconds without a change after which a file counts as complete; `wait`: whether to wait for so long, once,
    where a new file has just changed. Whatever changes between the look at the folder and the end of reading is left
    for a later run. `RefusalError`, with no file touched, if `datasets.yml` is not sound: that is no file's mistake.
    """
    home.create()
    load_datasets()
    door = _Door(home, progress)
    if wait and (seconds := min(quiet, door.youngest() + quiet - time.time())) > 0:
        time.sleep(seconds)
    return door.take_in(time.time() - quiet)


class _Door:
    def __init__(self, home: Home, progress: Progress) -> None:
        self.home, self.progress = home, progress
        self.landing, self.rejected, self.outcome = Landing(home), Rejected(home), InboxOutcome()
        self.known = Known.read(home)
        if self.known.datasets != promises():
            self.known = Known(datasets=promises())

    def youngest(self) -> float:
        """When the last of the new files changed that may be whole, in seconds; 0 without any."""
        new = (file for file in listing(self.home).files if not file.unfinished and not self.known.has_seen(file))
        return max((file.quiet_since() for file in new), default=0)

    def take_in(self, quiet_before: float) -> InboxOutcome:
        receipts = {r.receipt_id for r in self.landing.state().received}
        found = listing(self.home)
        self.outcome.refused.extend(found.unreadable)
        self.known.keep_only(found.files)
        try:
            for file in found.files:
                if self.known.receipt(file) not in receipts:
                    self._take(file, self.home.inbox / file.relative, quiet_before)
        finally:
            self.known.sequence = self.landing.state().sequence
            self.known.write(self.home)
        return self.outcome

    def _take(self, file: Waiting, path: Path, quiet_before: float) -> None:
        try:
            if file.quiet_since() > quiet_before or not is_unchanged(self.home, file):
                self.outcome.left.append(path)
                return
        except FileNotFoundError:
            return
        self.progress(path)
        try:
            _refuse_odd_sidecar(path)
            taken = receive_file(self.home, path, declared(file), waiting=True, landing=self.landing)
        except StillChangingError:
            self.outcome.left.append(path)
        except RefusalError as error:
            # A file that has vanished while it was looked at is nobody's mistake.
            if os.path.lexists(path):
                place, reason = self.rejected.set_aside(path, error)
                self.outcome.refused.append((place, reason))
                if place == path:
                    self.known.add(file, None)
        else:
            assert taken.receipt is not None
            self.known.add(file, taken.receipt.receipt_id)
            self.outcome.remarks.extend((path, remark) for remark in taken.remarks)
            if taken.is_new:
                self.outcome.received.append(taken.receipt.receipt_id)


def declared(file: Waiting) -> Declaration:
    """What the folder says of a file in it: it is named after a dataset, or after a source that says no more."""
    return Declaration(source=file.folder) if file.folder in SOURCES else Declaration(dataset=file.folder)


def _refuse_odd_sidecar(path: Path) -> None:
    """A sidecar narrows what a file says: one that is no plain file must not count as none."""
    beside = sidecar(path)
    with suppress(OSError):
        if stat.S_ISREG(beside.lstat().st_mode):
            return
    if os.path.lexists(beside):
        raise RefusalError(
            f"its sidecar {shown_name(beside)} is no plain file",
            file=shown_name(path),
            remedy="put the declaration itself there, no link or pipe",
        )
