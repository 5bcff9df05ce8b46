"""After whatever has happened to a home, it holds what one holds that is built from nothing from the same landing.

Belongs here: runs, cut off or not, and the comparison. Not here: what happens in between (`histories`). Reviewed tables
of the dbt project are not edited here: they are code, and `warehouse/test_nodes.py` shows what they make stale.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from orchestration.base.duck import literal, scratch
from orchestration.base.settings import Home, settings
from orchestration.releases import publish as publications
from orchestration.releases.candidate import DATABASE
from orchestration.releases.publish import Publication
from orchestration.terminal.run import run_home
from orchestration.warehouse import build as builds
from orchestration.warehouse.dbt import DbtOutcome
from orchestration.warehouse.nodes import names_of
from tests.conftest import attempted, many, noon_of
from tests.releases.histories import TODAY, History

#: Gates whose evidence depends on the release before, each with the reason; two homes may differ in it.
READS_THE_RELEASE_BEFORE = {
    "collapse": "a home built from nothing has published nothing that could collapse",
    "corrections": "nor anything that could be corrected",
}
#: Says where evidence comes from, not what it is.
MARKS = {"is_carried"}
#: Tables that are made of the audit, name the release, or compare it with the one before.
NOT_CONTENT = {"audit_results", "release_info", "mart_correction"}
Rows = frozenset[tuple[str, ...]]


@dataclass(frozen=True)
class Held:
    """What a run came to. `tables`: by name columns, and by month rows and hash; `evidence`: with its verdicts."""

    passed: bool
    tables: dict[str, object]
    evidence: Rows
    verdicts: dict[str, str]

    def differences(self, other: Held) -> list[str]:
        """Where two homes do not hold the same, in words."""
        found = [
            f"{name}: {sorted(map(str, (mine ^ theirs)))[:6]}"
            for name in sorted(self.tables.keys() | other.tables.keys())
            if (mine := self.tables.get(name, frozenset())) != (theirs := other.tables.get(name, frozenset()))
        ]
        found += [f"grown {row}" for row in sorted(self.evidence - other.evidence)[:6]]
        found += [f"anew  {row}" for row in sorted(other.evidence - self.evidence)[:6]]
        if (self.passed, self.verdicts) != (other.passed, other.verdicts):
            found.append(f"verdicts: {self.verdicts} and {other.verdicts}")
        return found


@pytest.mark.series
@pytest.mark.own_run("homes that grow are compared with homes built from nothing")
def test_a_home_that_has_grown_equals_one_built_from_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Contents of all tables, in the database and as Parquet, evidence, verdicts: revisions, withdrawals, new months,
    parts, both currencies and flows, world files, reviewed files, own categories, assets alone, runs that fail or are
    cut off. `BONDED_SEED` repeats a long history that has not held.
    """
    seed, steps = many((376, 5), (int(os.environ.get("BONDED_SEED") or random.randrange(10**6)), 30))
    print(f"BONDED_SEED={seed}")
    pin_the_day(monkeypatch)
    history, dice = History(tmp_path, seed), random.Random(seed)
    monkeypatch.setattr(settings(), "expectations", history.expectations)
    history.begin()
    for step in range(1, steps + 1):
        history.step()
        if step % 5 and dice.random() < 0.5:
            continue
        if dice.random() < 0.3:
            cut_off(history.home, dice)
        if step % 10 == 0:
            run_home(history.home, [])
        grown = held(attempted(history.home))
        print(f"run: {'passed' if grown.passed else 'failed'}")
        if step % 5 == 0:
            anew = Home(tmp_path / f"anew{step}").create()
            shutil.copytree(history.home.landing, anew.landing, dirs_exist_ok=True)
            if history.home.categories.exists():
                shutil.copyfile(history.home.categories, anew.categories)
            wrong = grown.differences(held(attempted(anew)))
            assert not wrong, "\n".join(wrong)


def pin_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever asks for today's date is told the same day."""
    monkeypatch.setattr("orchestration.base.today.now", lambda: noon_of(TODAY))


def cut_off(home: Home, dice: random.Random) -> None:
    """A run that ends somewhere, as one that is killed; what it has begun is left there."""
    point, whole = dice.choice(["dimensions", "marts", "candidate", "audit", "switch"]), builds.run_dbt
    print(f"a run is cut off: {point}")

    def end(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    def half(where: Home, names: Collection[str], **said: Any) -> DbtOutcome:
        if (point == "dimensions") != set(names).issubset(names_of("dimensions")):
            return whole(where, names, **said)
        whole(where, list(names)[: len(names) // 2], **said)
        raise KeyboardInterrupt

    places = {
        "candidate": mock.patch("orchestration.releases.candidate.write_manifest", end),
        "audit": mock.patch.object(publications, "audit", end),
        "switch": mock.patch("orchestration.releases.store.Releases.switch", end),
    }
    with places.get(point, mock.patch.object(builds, "run_dbt", half)), suppress(KeyboardInterrupt):
        attempted(home)


def held(publication: Publication) -> Held:
    """What a run came to, in words and numbers that do not depend on the home."""
    report = publication.report
    frame = report.results[[name for name in report.results.columns if name not in MARKS]]
    told = frame[~frame["gate"].isin(READS_THE_RELEASE_BEFORE)].astype(object)
    return Held(
        report.passed,
        contents(publication.folder),
        frozenset(tuple(map(str, row)) for row in told.itertuples(index=False)),
        {gate.gate: gate.verdict for gate in report.gates if gate.gate not in READS_THE_RELEASE_BEFORE},
    )


def contents(folder: Path) -> dict[str, object]:
    """Columns, rows and a hash of each month of each table, whatever their order; the Parquet files say the same."""
    found: dict[str, object] = {}
    with scratch() as con:
        con.execute(f"attach {literal(folder / DATABASE)} as released (read_only)")
        names = con.execute("select table_name from duckdb_tables() where database_name = 'released'").fetchall()
        for (name,) in names:
            if name in NOT_CONTENT:
                continue
            columns = con.execute(f"select column_name, column_type from (describe released.main.{name})").fetchall()
            values = ", ".join(f'"{column}"' for column, _ in columns)
            month = "month" if "month" in dict(columns) else "null"
            sums = f"select {month}, count(*), sum(hash({values})) from {{}} group by 1"
            found[name] = frozenset([*columns, *con.execute(sums.format(f"released.main.{name}")).fetchall()])
            files = parquet_files(folder, name)
            if files:
                read = f"read_parquet({[str(file) for file in files]}, hive_partitioning = false)"
                assert frozenset([*columns, *con.execute(sums.format(read)).fetchall()]) == found[name], name
            else:
                assert con.execute(f"select count(*) from released.main.{name}").fetchone() == (0,), name
    return found


def parquet_files(folder: Path, table: str) -> list[Path]:
    """The files of a table: one, or one a month."""
    return sorted([*folder.glob(f"parquet/{table}.parquet"), *folder.glob(f"parquet/{table}/**/*.parquet")])
