"""The reviewed tables of the dbt project, for code that asks them without a database."""

from __future__ import annotations

import csv

from orchestration.base.settings import DBT_PROJECT


def read_seed(name: str) -> list[dict[str, str]]:
    """The rows of a reviewed table, by column; each cell as text."""
    with (DBT_PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
