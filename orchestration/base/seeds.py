"""The reviewed tables of the dbt project, for code that asks them without a database."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from orchestration.base.settings import DBT_PROJECT

#: The rows of a table, by column; each cell as text.
Rows = tuple[Mapping[str, str], ...]
#: By what a file is known again: size and time.
Mark = tuple[int, int]


def read_seed(name: str) -> Rows:
    """The rows of a reviewed table, as they are now."""
    return _rows(name, seed_mark(name))


def seed_mark(name: str) -> Mark:
    """By what a reviewed table is known again."""
    mark = _path(name).stat()
    return mark.st_size, mark.st_mtime_ns


def _path(name: str) -> Path:
    return DBT_PROJECT / "seeds" / f"{name}.csv"


@lru_cache(maxsize=64)
def _rows(name: str, mark: Mark) -> Rows:  # noqa: ARG001
    with _path(name).open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream))
