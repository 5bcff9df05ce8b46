"""What an audit costs: CPU seconds of each gate and peak memory, on a home of made-up months.

    python -m benchmarks.audit                          120 months of 300,000 raw rows
    python -m benchmarks.audit --months 12 --home DIR   keeps the home; when it is there, only measures
    python -m benchmarks.audit --home DIR --results F   writes the comparisons too, to see whether a verdict changed

Months are written as raw Parquet without parsing, built by dbt, copied into a candidate; then the audit is measured in
a process of its own, imports apart. Made-up trade meets no printed figure: `totals` fails, the other gates must not.
`--home` may also be a home with a release, which is audited then.
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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pandas as pd

from benchmarks.made_up import LAST_MONTH, write_home
from orchestration.base.months import add_months, format_month
from orchestration.base.settings import Home, settings
from orchestration.gates import audit as audits
from orchestration.gates.evidence import Subject
from orchestration.gates.judge import judge
from orchestration.gates.suites import ExpectationSpec
from orchestration.landing.store import Landing, LandingState
from orchestration.releases import candidate
from orchestration.releases.database import DATABASE
from orchestration.releases.store import read_manifest
from orchestration.warehouse.build import build
from orchestration.warehouse.raw_documents import READERS, write_schema


def build_home(home: Home) -> None:
    """Every model as a run builds it from the start, and a candidate."""
    state = Landing(home).state()
    for reader in READERS.values():
        write_schema(home, reader)
    build(home, state)
    candidate.build(home, state, None)


def subject(home: Home) -> Subject:
    """The home's release, else its latest candidate."""
    current = home.releases / "current"
    folder = current if current.exists() else max(home.candidates.iterdir())
    return Subject(home, folder / DATABASE, read_manifest(folder).receipt_sequence, settings().expectations)


class Meter:
    """CPU seconds of each part of an audit, and peak memory of the process after it."""

    def __init__(self) -> None:
        self.parts: list[tuple[str, float, float]] = []

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """One more part."""
        begun = time.process_time()
        yield
        self.parts.append((name, time.process_time() - begun, peak()))


def peak() -> float:
    """Peak memory of this process in MB; `getrusage` would begin with that of the process which started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1_000


def measured(home: Home) -> tuple[Meter, audits.Report]:
    """An audit with the cost of its parts; `start` is what Great Expectations costs before it judges anything."""
    meter, run, connect = Meter(), audits._run, audits.connect
    one = ExpectationSpec(type="expect_column_values_to_not_be_null", kwargs={"column": "x"}, description="d",
                          reason="r", reference="-")  # fmt: skip
    with meter.part("start"):
        judge("start", (one,), pd.DataFrame({"x": [1]}))

    @contextmanager
    def connected(of: Subject, state: LandingState) -> Iterator[duckdb.DuckDBPyConnection]:
        with meter.part("tables"):
            opened = connect(of, state)
            con = opened.__enter__()
        try:
            yield con
        finally:
            opened.__exit__(None, None, None)

    def timed(*args: object) -> pd.DataFrame:
        with meter.part(next(a.gate for a in args if isinstance(a, audits.GateSpec))):
            return run(*args)  # type: ignore[arg-type]

    audits._run, audits.connect = timed, connected
    try:
        with meter.part("audit"):
            report = audits.audit(subject(home))
    finally:
        audits._run, audits.connect = run, connect
    return meter, report


def measure(home: Home, results: Path | None) -> None:
    """Audit a home in this process and print what it cost."""
    meter, report = measured(home)
    verdicts = {g.gate: g.verdict for g in report.gates}
    print(f"{'':<18} {'CPU s':>7} {'peak MB':>8}  verdict")
    for name, cpu, memory in meter.parts:
        print(f"{name:<18} {cpu:7.2f} {memory:8,.0f}  {verdicts.get(name, '')}")
    print(", ".join(f"{n} {verdict}" for verdict, n in report.counts.items() if n))
    if results:
        report.results.sort_values(["gate", "dataset", "month", "scope", "measure"]).to_csv(results, index=False)


def make(home: Home, months: int, rows: int) -> None:
    """Generate and build, saying what that cost."""
    for name, step in (("written", lambda: write_home(home, months, rows)), ("built", lambda: build_home(home))):
        begun, wall = time.process_time(), time.perf_counter()
        step()
        took = f"{time.process_time() - begun:.0f} CPU s, {time.perf_counter() - wall:.0f} s, {peak():,.0f} MB peak"
        print(f"{name}: {took}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--months", type=int, default=120)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--results", type=Path)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    said = parser.parse_args()
    if said.measure:
        measure(Home(said.measure.absolute()), said.results)
        return
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, DuckDB {duckdb.__version__}"
    print(f"{dt.date.today()}, {machine}", flush=True)
    with tempfile.TemporaryDirectory(prefix="bonded-audit-") as folder:
        home = Home((said.home or Path(folder) / "home").absolute())
        if not home.landing.exists():
            first = format_month(add_months(LAST_MONTH, 1 - said.months))
            print(f"{said.months} months from {first} on, about {said.rows:,} rows each", flush=True)
            make(home, said.months, said.rows)
        command = [sys.executable, "-m", "benchmarks.audit", "--measure", str(home.root)]
        command += ["--results", str(said.results)] if said.results else []
        sys.exit(subprocess.run(command, check=False).returncode)


if __name__ == "__main__":
    main()
