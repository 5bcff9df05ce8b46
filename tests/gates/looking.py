"""One gate alone on a published file that was changed, or on a landing: what it compares, without a build.

Belongs here: ways to look at evidence. Not here: what must be found.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pandas as pd

from orchestration.base.settings import PROJECT, Home
from orchestration.gates.before import Before
from orchestration.gates.bench import Bench
from orchestration.gates.evidence import Subject, connect
from orchestration.gates.suites import read_suite
from orchestration.landing.store import Landing
from orchestration.releases.database import DATABASE
from orchestration.releases.store import Releases

EXPECTATIONS = PROJECT / "expectations"


def changed(home: Home, folder: Path, sql: str) -> Path:
    """A copy of a release's database after some statements, each of which must change something."""
    folder.mkdir(exist_ok=True)
    path = Path(shutil.copy(Releases(home).folder() / DATABASE, folder))
    with duckdb.connect(str(path)) as con:
        for statement in filter(str.strip, sql.split(";")):
            assert con.execute(statement).fetchall() != [(0,)], statement
    return path


def only(folder: Path, *gates: str) -> Path:
    """A copy of the expectations in which these gates alone are declared."""
    copy = Path(shutil.copytree(EXPECTATIONS, folder / "expectations"))
    declare(copy, *gates)
    return copy


def declare(expectations: Path, *gates: str) -> None:
    """Leave these gates declared, as they are, and no other."""
    file = expectations / "gates.yml"
    head, *declared = re.split(r"(?m)^(?=  \w+: )", file.read_text(encoding="utf-8"))
    kept = [line for line in declared if line.split(":")[0].strip() in gates]
    assert len(kept) == len(gates)
    file.write_text(head + "".join(kept), encoding="utf-8")


def evidence(home: Home, database: Path, gates: Sequence[str], before: Before | None = None) -> pd.DataFrame:
    """What the last of some gates, which may look at those before it, compares on a file and a home's landing."""
    state = Landing(home).state()
    subject = Subject(home, database, state.sequence, EXPECTATIONS, before=before)
    with connect(subject, state) as con:
        bench = Bench(con, subject, state)
        for gate in gates:
            bench.gather(read_suite(EXPECTATIONS / f"{gate}.yml"))
        return bench.gathered(gates[-1:])[gates[-1]]


def beyond(frame: pd.DataFrame) -> pd.DataFrame:
    """The comparisons that are beyond their tolerance, or lack a side."""
    compared = frame[frame["n_compared"] > 0]
    return compared[compared["excess"].isna() | (compared["excess"].fillna(0) > 0)]
