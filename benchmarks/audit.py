"""What an audit costs: CPU seconds of each gate and peak memory, on the release of a home.

    python -m benchmarks.audit HOME                a home as `benchmarks.run --keep` leaves it, or any other
    python -m benchmarks.audit HOME --results F    writes the comparisons too, to see whether a verdict changed

`BONDED_EXPECTATIONS` must name the reviewed files that the home was made with. Imports are not counted.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import duckdb
import pandas as pd

from benchmarks.meter import cpu_seconds, peak
from orchestration.base.settings import Home
from orchestration.gates import audit as audits
from orchestration.gates.evidence import Subject
from orchestration.gates.judge import judge
from orchestration.gates.suites import ExpectationSpec
from orchestration.landing.store import LandingState
from orchestration.releases.publish import subject_of
from orchestration.releases.store import Releases


class Parts:
    """CPU seconds of each part of an audit, and peak memory of the process after it."""

    def __init__(self) -> None:
        self.parts: list[tuple[str, float, float]] = []

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """One more part."""
        begun = cpu_seconds()
        yield
        self.parts.append((name, cpu_seconds() - begun, peak()))


def measured(home: Home) -> tuple[Parts, audits.Report]:
    """An audit with the cost of its parts; `start` is what Great Expectations costs before it judges anything."""
    meter, gather, connect = Parts(), audits.Bench.gather, audits.connect
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

    def timed(bench: audits.Bench, spec: audits.GateSpec) -> None:
        with meter.part(spec.gate):
            gather(bench, spec)

    with (
        mock.patch.object(audits.Bench, "gather", timed),
        mock.patch.object(audits, "connect", connected),
        meter.part("audit"),
    ):
        report = audits.audit(subject_of(home, Releases(home).folder()))
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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path)
    parser.add_argument("--results", type=Path)
    said = parser.parse_args()
    measure(Home(said.home.absolute()), said.results)


if __name__ == "__main__":
    main()
