"""How the inbox copes with many tiny files: time a file, memory, and the run that publishes them.

    python -m benchmarks.inbox 1000            take in, again with nothing new, then the rest of a run
    python -m benchmarks.inbox 10000 --no-run  take in only

Each file is one row of its own scope: a month, a tariff line, a partner, declared in a sidecar. The home is a temporary
folder, removed at the end.
"""

from __future__ import annotations

import argparse
import itertools
import os
import tempfile
import time
from pathlib import Path

from orchestration.automation.sensors import new_files
from orchestration.base.months import month_range, parse_month
from orchestration.base.settings import Home
from orchestration.landing.inbox import InboxOutcome, take_in
from orchestration.terminal.run import run_home

LINES = ("85423110", "85423190", "85423210", "85423290", "85423310", "85423390", "85423910", "85423990", "85429000")
PARTNERS = ("110", "116", "122", "132", "133", "136", "143", "303", "304", "305", "307", "502")
MONTHS = tuple(month_range(parse_month("2017-01"), parse_month("2024-12")))
HEADER = "Date of data,Trading partner code,Trading partner,Commodity code,Commodity,Quantity,Unit,US dollar,\n"


def write_files(home: Home, count: int) -> None:
    """Files with their sidecars in the inbox; neighbours differ in month, so that every run touches many months."""
    home.create()
    cells = itertools.product(LINES, PARTNERS, MONTHS)
    for number, (line, partner, month) in enumerate(itertools.islice(cells, count)):
        file = home.inbox / f"{number:05d}.csv"
        row = f'"{month:%Y%m}","{partner}","Partner","{line}","Circuits","10","Number of item","{1_000 + number}",\n'
        file.write_text(HEADER + row, encoding="utf-8")
        file.with_name(file.name + ".yml").write_text(
            f"source: gacc\nflow: import\nhs: [{line}]\npartners: [{partner}]\nvintage: 2025-01-20\n", encoding="utf-8"
        )


def resident() -> float:
    """Memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class Meter:
    """Prints time and memory at some shares of the way."""

    def __init__(self, count: int) -> None:
        self._marks = {max(1, count * share // 100) for share in (1, 10, 25, 50, 75, 100)}
        self._seen, self._last = 0, (0, time.perf_counter())

    def tick(self, _: Path) -> None:
        """One more file."""
        self._seen += 1
        if self._seen in self._marks:
            seen, since = self._last
            each = (time.perf_counter() - since) / (self._seen - seen)
            print(f"  {self._seen:>6} files: {each * 1e3:6.1f} ms each since the last line, {resident():6.0f} MB")
            self._last = (self._seen, time.perf_counter())


def timed_take_in(home: Home, count: int) -> InboxOutcome:
    """Take in with a meter."""
    begun = time.perf_counter()
    outcome = take_in(home, Meter(count).tick)
    print(f"  {len(outcome.received)} received, {len(outcome.refused)} refused, {time.perf_counter() - begun:.1f} s")
    return outcome


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int)
    parser.add_argument("--no-run", action="store_true")
    said = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bonded-inbox-") as folder:
        home = Home(Path(folder) / "home")
        write_files(home, said.count)
        begun = time.perf_counter()
        print(f"sensor: {len(new_files(home))} new files, {(time.perf_counter() - begun) * 1e3:.0f} ms")
        print("take in:")
        timed_take_in(home, said.count)
        print("take in again, nothing new:")
        timed_take_in(home, said.count)
        begun = time.perf_counter()
        print(f"sensor: {len(new_files(home))} new files, {(time.perf_counter() - begun) * 1e3:.0f} ms")
        print(f"memory of the inbox: {(home.warehouse / 'inbox.json').stat().st_size / 1e3:.0f} kB")
        if not said.no_run:
            begun = time.perf_counter()
            summary = run_home(home, [])
            took = f"{time.perf_counter() - begun:.0f} s, {resident():.0f} MB"
            print(f"run: {summary.outcome} {summary.failure or ''} {took}")


if __name__ == "__main__":
    main()
