"""Names of files are input of others: how they are shown, and what is named after them.

Belongs here: names as text. Not here: looking at files (`listing`), deciding on them (`inbox`).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Container
from pathlib import Path

from orchestration.base.plain import printable

#: Bytes of one name that every usual file system takes.
LONGEST = 255
#: How programs call what they are still writing, a file or a folder with all below it: browsers, download managers,
#: copying tools.
UNFINISHED = (".part", ".partial", ".crdownload", ".opdownload", ".download", ".tmp", ".temp", ".aria2", ".filepart",
              ".!ut")  # fmt: skip
#: What systems and programs leave beside files of others.
LEFT_ABOUT = ("thumbs.db", "ehthumbs.db", "desktop.ini", "zone.identifier", "__macosx", "icon\r")


def shown_name(path: Path) -> str:
    """The last part of a path as it is shown and recorded."""
    return printable(path.name)


def is_passed_over(name: str) -> bool:
    """Whether a name in the inbox is none of a data file, nor of a folder of any: hidden, still being written under
    another name, or left about by a system.
    """
    folded = name.casefold()
    return (
        folded.startswith((".", "~$"))
        or folded.endswith((*UNFINISHED, ":zone.identifier", "~"))
        or folded in LEFT_ABOUT
    )


def is_declaration(name: str) -> bool:
    """Whether a name is that of a sidecar."""
    return name.endswith(".yml")


def is_unfinished(name: str, size: int, beside: Container[str]) -> bool:
    """Whether a file only holds the name of what a browser writes beside it."""
    return not size and any(name + suffix in beside for suffix in UNFINISHED)


def derived(name: str, suffix: str) -> str:
    """The name with the suffix; where that is too long for a file system, cut and told apart by a hash."""
    if len(os.fsencode(name + suffix)) <= LONGEST:
        return name + suffix
    whole = os.fsencode(name)
    tail = f"~{hashlib.sha256(whole).hexdigest()[:8]}{suffix}"
    return whole[: LONGEST - len(tail.encode())].decode("utf-8", "ignore") + tail


def sidecar(file: Path) -> Path:
    """Where the declaration beside a file would lie."""
    return file.with_name(derived(file.name, ".yml"))


def numbered(name: str, number: int) -> str:
    """`data.csv` as `data.2.csv`, for a second file of that name."""
    stem, suffix = Path(name).stem, Path(name).suffix
    return derived(stem, f".{number}{suffix}") if len(suffix) < 32 else derived(name, f".{number}")
