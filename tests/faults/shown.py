"""Faults of the page that is drawn from a candidate.

Belongs here: a page that says something else than the tables. Not here: faults of the tables themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.base.settings import Home
from orchestration.gates.audit import Report
from orchestration.pages import page
from orchestration.releases.showing import INDEX
from tests.faults.bench import Bench, Inject
from tests.faults.table import Fault, fails


def edit(path: Path, pattern: str, text: str) -> None:
    """Put something else where the pattern first fits."""
    said = path.read_bytes().decode()
    edited, n = re.subn(pattern, text, said, count=1)
    assert n == 1 and edited != said, f"{path.name} has nothing like {pattern}"
    path.write_bytes(edited.encode())


@dataclass(frozen=True)
class Drawn:
    """Draws the page, with something else in one of its files."""

    file: str
    pattern: str
    text: str

    def draw(self, home: Home, folder: Path) -> None:
        """As it is drawn, and then edited."""
        page.draw(home, folder)
        edit(folder / self.file, self.pattern, self.text)

    def figures(self, con: duckdb.DuckDBPyConnection, folder: Path) -> pa.Table:
        """As it is read."""
        return page.figures(con, folder)

    def sign(self, folder: Path, report: Report) -> None:
        """As it is signed."""
        page.sign(folder, report)


def shows(file: str, pattern: str, text: str) -> Inject:
    """The candidate's page has something else."""

    def inject(bench: Bench) -> None:
        bench.page = Drawn(file, pattern, text)

    return inject


#: A figure of the sentence, a bar of its first picture, and a month of the data behind it.
SENTENCE = r'(<data value="\d+)(" data-table="mart_partner_category_monthly" data-column="value_usd")'
BAR, HIGHER = r'(<rect x="[\d.]+" y=")[\d.]+(" width="[\d.]+" height=")[\d.]+', r"\g<1>40\g<2>250"
SHOWN = (
    Fault(
        "a digit too many on the page",
        shows(INDEX, SENTENCE, r"\g<1>0\2"),
        fails(page="failed 2024-10: 0 → 2 (+2)"),
    ),
    Fault(
        "a bar of another height",
        shows("series/chips/value-by-month.svg", BAR, HIGHER),
        fails(page="failed 2023-01: 0 → 1 (+1)"),
    ),
    Fault(
        "a month of the data that is gone",
        shows("series/chips/value-by-month.csv", r"2023-05,\d+.*\r\n", ""),
        fails(page="failed 2024-10: 0 → 1 (+1)"),
    ),
)
