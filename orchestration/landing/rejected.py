"""Refused files: set aside to `inbox/rejected/`, the sidecar with it, the reason beside it; and what lies there."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from orchestration.base.errors import RefusalError
from orchestration.base.hashes import file_sha256
from orchestration.base.plain import printable
from orchestration.base.settings import Home
from orchestration.landing.listing import REJECTED
from orchestration.landing.names import derived, is_declaration, is_passed_over, numbered, sidecar
from orchestration.landing.remedies import as_sidecar
from orchestration.landing.store import LandingState
from orchestration.sources.refusals import UnfitError

#: What the reason of a refusal is called, behind the name of the file.
REASON = ".reason.txt"


class Rejected:
    """The folder of refused files of one home. It is no link: nothing is ever moved out of the inbox."""

    def __init__(self, home: Home) -> None:
        self._folder = home.inbox / REJECTED
        self._last: dict[str, int] = {}

    def set_aside(self, path: Path, error: RefusalError) -> tuple[Path, RefusalError]:
        """Move a file and say where it lies now; where that is impossible it stays, and the refusal says so."""
        try:
            return self._move(path, error), error
        except OSError as obstacle:
            return path, RefusalError(
                f"{error.what} (it could not be moved to inbox/{REJECTED}/: {obstacle.strerror})",
                file=error.file,
                line=error.line,
                column=error.column,
                remedy=error.advice if isinstance(error, UnfitError) else error.remedy,
            )

    def _move(self, path: Path, error: RefusalError) -> Path:
        if not os.path.lexists(self._folder):
            self._folder.mkdir()
        if self._folder.is_symlink() or not self._folder.is_dir():
            raise NotADirectoryError(0, f"{REJECTED} is no folder")
        target, beside = self._free(path.name), sidecar(path)
        if isinstance(error, UnfitError):
            error.remedy = as_sidecar(error, target, path)
        # In this order, a kill never leaves the file in the inbox without the sidecar that narrows its scope.
        reason = self._write(target, f"{error}\n")
        try:
            path.rename(target)
        except OSError:
            reason.unlink()
            raise
        if os.path.lexists(beside):
            beside.rename(sidecar(target))
        return target

    def _free(self, name: str) -> Path:
        """A path that nothing lies at, nor its sidecar; a name that comes often is not tried from the first again."""
        target, number = self._folder / name, self._last.get(name, 1)
        while os.path.lexists(target) or os.path.lexists(sidecar(target)):
            number += 1
            target = self._folder / numbered(name, number)
        self._last[name] = number
        return target

    def _write(self, target: Path, reason: str) -> Path:
        """Write the reason aside and move it to its name, so that a link of that name is replaced, never followed."""
        with tempfile.NamedTemporaryFile("w", dir=self._folder, encoding="utf-8", delete=False) as stream:
            stream.write(reason)
        aside = Path(stream.name)
        aside.chmod(0o644)
        return aside.replace(self._folder / derived(target.name, REASON))


def lying_rejected(home: Home, state: LandingState) -> list[tuple[Path, str]]:
    """Files in `inbox/rejected/` with their reasons; none whose bytes have been received since, under another scope."""
    folder = home.inbox / REJECTED
    if folder.is_symlink() or not folder.is_dir():
        return []
    received = {(receipt.bytes, receipt.sha256) for receipt in state.received}
    sizes = {size for size, _ in received}
    found = []
    for path in sorted(folder.iterdir()):
        odd = is_passed_over(path.name) or is_declaration(path.name) or path.name.endswith(REASON)
        if odd or path.is_symlink() or not path.is_file():
            continue
        size = path.stat().st_size
        if size not in sizes or (size, file_sha256(path)) not in received:
            found.append((path, _reason(path)))
    return found


def _reason(path: Path) -> str:
    beside = path.with_name(derived(path.name, REASON))
    try:
        return printable(beside.read_text(encoding="utf-8", errors="replace").strip())
    except OSError:
        return "no reason lies beside it"
