"""Files that others follow: there whole or not at all, also after the power has failed.

Belongs here: the order of writing, flushing and naming. Not here: what can be made again, which need not be flushed.
The file is flushed before its name appears, and the folder before anybody goes on from there.
"""

from __future__ import annotations

import os
from pathlib import Path


def flush(path: Path) -> None:
    """Flush a file or a folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Put a file there in one step, over one that is there already. `mode`: its rights, if not as usual."""
    aside = path.with_name(f".{path.name}")
    try:
        with aside.open("wb") as stream:
            stream.write(data)
        if mode is not None:
            aside.chmod(mode)
        take_place(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def take_place(made: Path, place: Path) -> None:
    """Give a complete file, folder or link its name, over what bears it already."""
    if not made.is_symlink():
        flush(made)
    os.replace(made, place)  # noqa: PTH105 - replaces a link itself, not what it points to
    flush(place.parent)


def link_once(made: Path, place: Path) -> None:
    """Give a complete file a name that nobody has; `FileExistsError` if somebody has it."""
    flush(made)
    os.link(made, place)
    flush(place.parent)
