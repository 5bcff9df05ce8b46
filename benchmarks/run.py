"""What whole runs cost, from the inbox to the release, stage by stage, after a short and after a long history.

    python -m benchmarks.run                              12 and 120 months of 300,000 rows: hours, and 20 GB of disk
    python -m benchmarks.run --months 3 --rows 2000       a look in two minutes
    python -m benchmarks.run --home FOLDER --keep         leaves the homes there, as FOLDER/<months>x<rows>

A home of that many months is built from its files; then a run finds nothing new, from the terminal and as launched in
the UI, and once more where the last run is not known to have ended well; then a month is added; then the month a year
before it (or else the first) is printed anew. Each run is a process of its own, measured from its start to its end.
Last, `benchmarks.hand` computes the fact and the two series marts from the same raw files, and what was released must
equal that. Prints Markdown; exits 1 if a run fails, or a figure differs.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb

from benchmarks.made_up import LAST_MONTH, Trade, promised
from benchmarks.meter import STAGES, Cost, Meter, answer, in_a_process
from orchestration.base.months import add_months
from orchestration.base.settings import Home

FIRST, NOTHING, LAUNCHED, AGAIN, NEW, REVISED = (
    "first build", "nothing new", "nothing new, launched in the UI", "nothing new, looked at again", "a new month",
    "a month a year back, revised",
)  # fmt: skip
HAND = "by hand: the fact, two series marts"
#: CPU seconds of a run that finds nothing, how many times a short history's a long one's may cost, MB of memory.
MOST_FOR_NOTHING, MOST_TIMES, MOST_MEMORY = 6, 2, 2_000
#: Dagster prints every event else.
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
Costs = dict[str, Cost]


def measure_launched(home: Home) -> None:
    """The job that the UI launches, in this process; prints what it came to."""
    from orchestration.automation.instance import instance
    from orchestration.definitions import defs

    with instance(home) as made:
        done = defs.resolve_job_def("publish").execute_in_process(instance=made, run_config=QUIET)
    told = [e.event_specific_data.metadata for e in done.all_events if e.event_type_value == "STEP_OUTPUT"]
    answer({"outcome": told[0]["outcome"].value, "failure": None, "refused": []})


def measure(home: Home) -> None:
    """One run in this process; prints what it cost and came to."""
    meter = Meter()
    with meter.of_a_run():
        from orchestration.terminal.run import run_home

        summary = run_home(home, [])
    said = {"outcome": summary.outcome, "failure": summary.failure, "refused": summary.refused}
    answer(said, stages=meter.stages)


def run(home: Home, expectations: Path, outcome: str, way: str = "--measure") -> Cost:
    """One run in a process of its own, which must come to that outcome, with the sizes that it leaves."""
    where = {"BONDED_EXPECTATIONS": str(expectations), "BONDED_HOME": str(home.root)}
    cost = in_a_process("run", way, str(home.root), **where)
    if cost.said["outcome"] != outcome or cost.said["refused"]:
        sys.exit(f"the run was to be {outcome}: {cost.said}")
    release = (home.releases / "current").resolve()
    cost.said.update(release=size(release), home=size(home.root, but=home.inbox))
    return cost


def size(folder: Path, but: Path | None = None) -> float:
    """MB of all files below a folder, those with several names once; `but`: a folder in it that does not count."""
    found = {}
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if Path(place, name) != but]
        for name in names:
            mark = Path(place, name).lstat()
            found[mark.st_ino] = mark.st_size
    return sum(found.values()) / 1e6


def history(home: Home, months: int, rows: int, expectations: Path) -> Iterator[tuple[str, Cost]]:
    """Grow a home, run by run."""
    trade = Trade(rows)
    for back in range(months, 0, -1):
        trade.print_month(home, add_months(LAST_MONTH, -back))
    yield FIRST, run(home, expectations, "published")
    yield NOTHING, run(home, expectations, "unchanged")
    yield LAUNCHED, run(home, expectations, "unchanged", "--launched")
    (home.warehouse / "settled.json").unlink()
    yield AGAIN, run(home, expectations, "unchanged")
    trade.print_month(home, LAST_MONTH)
    yield NEW, run(home, expectations, "published")
    trade.print_month(home, add_months(LAST_MONTH, -min(12, months)), add_months(LAST_MONTH, 3))
    yield REVISED, run(home, expectations, "published")
    yield HAND, in_a_process("hand", str(home.root))


def cells(months: int, name: str, cost: Cost) -> list[str]:
    """A row of the table; what an own query does not have is left empty."""
    stages = [f"{cost.stages[s]:.1f}" if s in cost.stages else "" for s in STAGES]
    sizes = [f"{cost.said[s]:,.0f}" if s in cost.said else "" for s in ("release", "home")]
    rest = f"{cost.rest:.1f}" if cost.stages else ""
    return [str(months), name, f"{cost.cpu:.1f}", f"{cost.wall:.1f}", f"{cost.peak:,.0f}", *stages, rest, *sizes]


def line(texts: list[str]) -> str:
    """A line of a Markdown table."""
    return f"| {' | '.join(texts)} |"


def targets(found: dict[int, Costs]) -> Iterator[str]:
    """What was to be reached, beside what was."""
    short, long = min(found), max(found)
    for months, costs in found.items():
        for name in (NOTHING, LAUNCHED):
            yield judged(f"{months} months, {name}", costs[name].cpu, MOST_FOR_NOTHING, "CPU s")
    for name in (NEW, REVISED) if long > short else ():
        times = found[long][name].cpu / found[short][name].cpu
        yield judged(f"{name}, {long} months against {short}", times, MOST_TIMES, "times")
    highest = max(cost.peak for costs in found.values() for name, cost in costs.items() if name != HAND)
    yield judged("memory of any run", highest, MOST_MEMORY, "MB")


def judged(what: str, is_so: float, most: float, unit: str) -> str:
    """A target in words."""
    return f"- {what}: {is_so:,.1f} {unit}, at most {most:,} asked for: {'met' if is_so <= most else 'NOT met'}"


def compare(histories: list[int], rows: int, folder: Path, say: Callable[[str], None]) -> dict[int, Costs]:
    """Measure each history and say each figure as it is there."""
    expectations = promised(folder)
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, DuckDB {duckdb.__version__}"
    say(f"{dt.date.today()}, {machine}; about {rows:,} raw rows a month; CPU seconds, MB.\n")
    head = ["months", "run", "CPU s", "waiting s", "memory", *STAGES, "rest", "a release", "the home"]
    say(line(head))
    say(line(["---:", "---", *["---:"] * (len(head) - 2)]))
    found: dict[int, Costs] = {}
    for months in histories:
        home = Home(folder / f"{months}x{rows}").create()
        for name, cost in history(home, months, rows, expectations):
            found.setdefault(months, {})[name] = cost
            say(line(cells(months, name, cost)))
    say("")
    for text in targets(found):
        say(text)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--months", default="12,120", help="one number or several: 12,120")
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--home", type=Path, help="a folder for the homes, which must not be there yet")
    parser.add_argument("--keep", action="store_true", help="leave the homes there")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--launched", type=Path, help=argparse.SUPPRESS)
    said = parser.parse_args()
    for one, way in ((said.measure, measure), (said.launched, measure_launched)):
        if one:
            way(Home(one.absolute()))
            return
    folder = (said.home or Path(tempfile.mkdtemp(prefix="bonded-run-")) / "homes").absolute()
    folder.mkdir(parents=True)
    try:
        compare([int(n) for n in said.months.split(",")], said.rows, folder, lambda text: print(text, flush=True))
    finally:
        if not said.keep:
            shutil.rmtree(folder if said.home else folder.parent)


if __name__ == "__main__":
    main()
