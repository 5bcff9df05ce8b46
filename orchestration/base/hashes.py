"""Hashes of files: of the bytes of one, of the names and bytes of many."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path


def file_sha256(path: Path) -> str:
    """Hash of a file's bytes, read wholly."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def files_below(folder: Path, *patterns: str) -> Iterator[Path]:
    """Files that match, pattern by pattern and in order; nothing that was compiled."""
    for pattern in patterns:
        yield from sorted(path for path in folder.rglob(pattern) if path.is_file() and path.suffix != ".pyc")


def hash_files(files: Iterable[Path]) -> str:
    """Hash of names and bytes."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(str(path).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:32]
