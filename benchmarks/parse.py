"""How fast a download is parsed, and in how much memory, beside the floor and beside pandas on the same file.

    python -m benchmarks.parse            about 10 MB, 100 MB and 1 GB, once each
    python -m benchmarks.parse --quick    10 MB and 40 MB

Files are made up, in GB18030, with English or Chinese names by turns, every key once. Each measurement is a process of
its own: rows a CPU second over all its threads, and its peak memory. The floor decodes the file and does nothing else;
pandas reads it as text, turns values into integers and writes Parquet. The last lines parse two files one after the
other and at once: months in parallel.
"""

from __future__ import annotations

import argparse
import codecs
import datetime as dt
import itertools
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

HEADER = (
    "Date of data", "Commodity code", "Commodity", "Trading partner code", "Trading partner", "Customs Regime code",
    "Customs Regime", "Quantity", "Unit", "Supplementary Quantity", "Supplementary Unit", "US dollar",
)  # fmt: skip
NAMES = ("Processors and controllers, other than for telecommunication", "其他集成电路，改良的", 'Circuits "n.e.s."')
WAYS = ("parse", "floor", "pandas")


def write_file(path: Path, megabytes: int) -> int:
    """A download of about that size; returns its rows. Months, codes, partners and regimes vary in this order."""
    months = [f"{year}{month:02d}" for year in range(2015, 2025) for month in range(1, 13)]
    keys = itertools.product(range(10_000_000, 99_999_999, 9_973), range(101, 344), ("10", "14", "15"), months)
    rows = 0
    with path.open("wb") as out:
        out.write(_line(HEADER))
        for number, (code, partner, regime, month) in enumerate(keys):
            name = NAMES[number % 3].replace('"', '""')
            value = f"{number * 7919 % 100_000_000:,}"
            quantity = str(number * 104_729 % 1_000_000)
            cells = (month, str(code), name, str(partner), "伙伴, of trade", regime, "Processing", quantity,
                     "Number of item", quantity[::-1].lstrip("0") or "0", "千克", value)  # fmt: skip
            out.write(_line(cells))
            rows += 1
            if rows % 1_000 == 0 and out.tell() >= megabytes * 1_000_000:
                return rows
    return rows


def _line(cells: tuple[str, ...]) -> bytes:
    return ("".join(f'"{cell}",' for cell in cells) + "\n").encode("gb18030")


def measure(way: str, file: Path) -> None:
    """Read one file in one way, and print CPU seconds and peak memory in MB. Imports are not counted."""
    import pandas as pd

    from orchestration.sources.gacc.parse import parse

    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        begun = time.process_time()
        if way == "parse":
            parse(file, work)
        elif way == "floor":
            decoder = codecs.getincrementaldecoder("gb18030")()
            with file.open("rb") as stream:
                while chunk := stream.read(1 << 22):
                    decoder.decode(chunk)
        else:
            frame = pd.read_csv(file, encoding="gb18030", dtype=str, index_col=False)
            for column in ("Quantity", "Supplementary Quantity", "US dollar"):
                frame[column] = frame[column].str.replace(",", "").astype("int64")
            frame.to_parquet(work / "rows.parquet", compression="zstd")
        print(time.process_time() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000)


def in_a_process(way: str, file: Path) -> subprocess.Popen[str]:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.parse", "--measure", way, str(file)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def compare(file: Path, rows: int) -> None:
    """One line a way."""
    for way in WAYS:
        answer = in_a_process(way, file).communicate()[0].split()
        if not answer:
            print(f"{file.stat().st_size / 1e6:7.0f} MB {rows:>9,} rows  {way:<6}  ended without an answer (memory?)")
            continue
        cpu, peak = map(float, answer)
        print(f"{file.stat().st_size / 1e6:7.0f} MB {rows:>9,} rows  {way:<6} {rows / cpu:>11,.0f} rows/CPU s "
              f"{cpu:7.2f} CPU s {peak:7,.0f} MB peak", flush=True)  # fmt: skip


def at_once(file: Path) -> None:
    """Two files one after the other, then at once."""
    begun = time.perf_counter()
    for _ in range(2):
        in_a_process("parse", file).communicate()
    apart = time.perf_counter() - begun
    begun = time.perf_counter()
    for process in [in_a_process("parse", file) for _ in range(2)]:
        process.communicate()
    together = time.perf_counter() - begun
    print(
        f"two files: {apart:.1f} s one after the other, {together:.1f} s at once ({apart / together:.2f} times as fast)"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    said = parser.parse_args()
    if said.measure:
        measure(said.measure[0], Path(said.measure[1]))
        return
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, DuckDB {duckdb.__version__}"
    print(f"{dt.date.today()}, {machine}; each figure from one run")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "download.csv"
        sizes = (10, 40) if said.quick else (10, 100, 1_000)
        for megabytes in sizes:
            compare(file, write_file(file, megabytes))
        write_file(file, sizes[1])
        at_once(file)


if __name__ == "__main__":
    main()
