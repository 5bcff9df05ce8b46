"""The inbox: files that wait in `inbox/<dataset>/`, each received like any other; a refused one is set aside.

Received files stay where they are and are known by their hash.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from orchestration.errors import RefusalError
from orchestration.landing.code_lists import ReceivedList, receive_file
from orchestration.landing.receive import Received, sidecar
from orchestration.landing.scope import Declaration
from orchestration.settings import Home

REJECTED = "rejected"


@dataclass(frozen=True)
class InboxOutcome:
    """What taking in the inbox did: files received anew, and refused ones with the reason."""

    received: tuple[tuple[Path, Received | ReceivedList], ...]
    refused: tuple[tuple[Path, RefusalError], ...]


def waiting(home: Home) -> list[Path]:
    """Data files in the inbox, in order; no sidecars, no hidden or partial files, nothing rejected."""
    if not home.inbox.exists():
        return []
    return sorted(
        path
        for path in home.inbox.rglob("*")
        if path.is_file()
        and not path.is_symlink()
        and not any(part.startswith(".") for part in path.relative_to(home.inbox).parts)
        and path.suffix not in {".yml", ".part", ".tmp", ".crdownload"}
        and path.relative_to(home.inbox).parts[0] != REJECTED
    )


def take_in(home: Home, progress: Callable[[Path], None] = lambda _: None) -> InboxOutcome:
    """Receive every waiting file; a refused one moves to `inbox/rejected/` with its reason, the others go on."""
    received: list[tuple[Path, Received | ReceivedList]] = []
    refused: list[tuple[Path, RefusalError]] = []
    for path in waiting(home):
        progress(path)
        folder = path.parent.relative_to(home.inbox)
        try:
            dataset = folder.parts[0] if folder.parts else None
            outcome = receive_file(home, path, Declaration(dataset=dataset), waiting=True)
            if outcome.is_new:
                received.append((path, outcome))
        except RefusalError as error:
            refused.append((_set_aside(home, path, error), error))
    return InboxOutcome(tuple(received), tuple(refused))


def _set_aside(home: Home, path: Path, error: RefusalError) -> Path:
    folder = home.inbox / REJECTED
    folder.mkdir(exist_ok=True)
    target, n = folder / path.name, 1
    while target.exists():
        n += 1
        target = folder / f"{path.stem}.{n}{path.suffix}"
    companion = sidecar(path)
    if companion.exists():
        companion.replace(sidecar(target))
    path.replace(target)
    target.with_name(target.name + ".reason.txt").write_text(f"{error}\n", encoding="utf-8")
    return target
