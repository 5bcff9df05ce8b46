"""What a publication asks of whoever draws a release's page: rooms that are built upon this one.

Belongs here: the shape of it. Not here: any page (`pages`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import duckdb
import pyarrow as pa

from orchestration.base.settings import Home
from orchestration.gates.audit import Report

#: The page of a release.
INDEX = "index.html"


class Page(Protocol):
    """Draws a candidate's page before its audit, says in the audit what the page shows and what the candidate has, and
    writes the verdict on it afterwards.
    """

    def draw(self, home: Home, folder: Path) -> None: ...
    def figures(self, con: duckdb.DuckDBPyConnection, folder: Path) -> pa.Table: ...
    def sign(self, folder: Path, report: Report) -> None: ...
