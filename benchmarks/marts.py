"""What a new month costs all models after a short and after a long history, and whether marts that heal are right.

    python -m benchmarks.marts                          a new month on 12 and on 120 months of 300,000 raw rows
    python -m benchmarks.marts --rows 30000 --history 12,60
    python -m benchmarks.marts --home DIR               keeps the homes there, and uses those that are

Months are written as raw Parquet without parsing. CPU seconds are those of dbt's three steps in a process of its own,
imports apart; a candidate and its audit are measured by `benchmarks.audit`. Then a script of revisions, withdrawals and
emptied months runs on the longest history, and every table of the marts must equal a full rebuild.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from benchmarks.audit import peak
from benchmarks.made_up import LAST_MONTH, revise, write_home
from orchestration.base.duck import literal, scratch
from orchestration.base.months import add_months
from orchestration.base.settings import Home
from orchestration.landing.store import Landing
from orchestration.releases.published import published_models
from orchestration.warehouse.build import build
from orchestration.warehouse.dbt import run_dbt
from orchestration.warehouse.nodes import names_of
from orchestration.warehouse.raw_documents import READERS, write_schema

#: The last month comes out on the 20th of the following one.
BEFORE_LAST = add_months(LAST_MONTH, 1)


def table_hashes(home: Home) -> dict[str, str]:
    """A hash of every published table of marts in the build database, whatever the order of its rows."""
    with scratch() as con:
        con.execute(f"attach {literal(home.build_database)} as build (read_only)")
        return {
            model.name: str(con.execute(
                f"select count(*), sum(hash(t)::hugeint) from build.main.{model.name} as t").fetchone())
            for model in published_models() if model.name.startswith("mart_")
        }  # fmt: skip


def change_the_past(home: Home, months: int) -> None:
    """A month a year back is revised, one in the middle emptied, the first revised; the last is withdrawn."""
    landing = Landing(home)
    last = landing.state().active[months - 1]
    for back, keep in ((12, 90), (months // 2, 0), (months - 1, 99)):
        revise(home, add_months(LAST_MONTH, -back), keep)
    landing.withdraw(last.receipt_id, "a trial")


def measure(home: Home, months: int) -> None:
    """Build all but the last month, then the last one; print what that cost."""
    state = Landing(home).state()
    for reader in READERS.values():
        write_schema(home, reader)
    for name, known in (("history", state.known_on(BEFORE_LAST)), ("new month", state), ("nothing new", state)):
        begun, wall = time.process_time(), time.perf_counter()
        build(home, known)
        cpu, took = time.process_time() - begun, time.perf_counter() - wall
        print(f"{months:4} months, {name:<12} {cpu:8.1f} CPU s {took:8.1f} s {peak():8,.0f} MB peak", flush=True)


def heal(home: Home, months: int) -> None:
    """Run the script, build, and compare every mart with its full rebuild; exit 1 if one differs."""
    change_the_past(home, months)
    begun = time.process_time()
    build(home, Landing(home).state())
    print(f"{months:4} months, revisions    {time.process_time() - begun:8.1f} CPU s", flush=True)
    healed = table_hashes(home)
    outcome = run_dbt(home, names_of("marts"), full_refresh=True)
    wrong = [name for name, found in table_hashes(home).items() if found != healed[name]]
    print("all marts equal a full rebuild" if not wrong else f"differ from a full rebuild: {', '.join(wrong)}")
    if outcome.failures or wrong:
        sys.exit("\n".join(outcome.failures) or 1)


def _steps(root: Path, histories: list[int], rows: int) -> None:
    for months in histories:
        home = Home(root / f"{months}x{rows}")
        if not home.landing.exists():
            write_home(home, months, rows)
        subprocess.run([*_me(), "--measure", str(home.root), "--history", str(months)], check=True)
    longest = Home(root / f"{max(histories)}x{rows}")
    subprocess.run([*_me(), "--heal", str(longest.root), "--history", str(max(histories))], check=True)


def _me() -> list[str]:
    return [sys.executable, "-m", "benchmarks.marts"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--history", default="12,120")
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--heal", type=Path, help=argparse.SUPPRESS)
    said = parser.parse_args()
    histories = [int(n) for n in said.history.split(",")]
    if said.measure:
        measure(Home(said.measure.absolute()), histories[0])
    elif said.heal:
        heal(Home(said.heal.absolute()), histories[0])
    else:
        machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, DuckDB {duckdb.__version__}"
        print(f"{dt.date.today()}, {machine}, about {said.rows:,} raw rows a month", flush=True)
        with tempfile.TemporaryDirectory(prefix="bonded-marts-") as folder:
            _steps((said.home or Path(folder)).absolute(), histories, said.rows)


if __name__ == "__main__":
    main()
