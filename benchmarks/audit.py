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
import hashlib
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

from orchestration.build_plan import plan
from orchestration.dbt_build import run_by_months, run_dbt
from orchestration.duck import literal, scratch
from orchestration.gates import audit as audits
from orchestration.gates.evidence import Subject
from orchestration.gates.judge import judge
from orchestration.gates.suites import ExpectationSpec
from orchestration.landing import snapshot
from orchestration.landing.scope import Scope
from orchestration.landing.store import Landing, Receipt, ReceivedMonth
from orchestration.release_calendar import add_months, format_month, parse_month
from orchestration.releases import candidate
from orchestration.releases.store import read_manifest
from orchestration.settings import DBT_PROJECT, Home, settings
from orchestration.sources.gacc import PARSER_VERSION
from orchestration.sources.gacc_rows import RAW_COLUMNS
from orchestration.sources.raw import raw_path
from orchestration.sources.raw_documents import READERS, write_schema

LAST_MONTH = parse_month("2024-12")
#: A home with this active dataset has its continuity judged; its source is the synthetic one.
DATASET, SOURCE = "sample_chips", "gacc_sample"
DIMENSIONS = ("month", "hs_code", "partner_code", "regime_code")
#: Every line of the tariff's headings up to 5,000, and chips, which the dataset needs.
CODES = f"""
create table code as
with heading as (
  from read_csv({literal(DBT_PROJECT / "seeds" / "hs_headings.csv")}, all_varchar = true) where length(hs_code) = 4
),
category as (from read_csv({literal(DBT_PROJECT / "seeds" / "categories.csv")}, all_varchar = true))
select hs_code || lpad((10 * line)::varchar, 4, '0') as hs_code, name as hs_name, false as is_needed
from (select *, unnest(range(1, greatest(hs8_lines::int * 5 // 9, 1) + 1)) as line from heading)
union all
select hs_prefixes, category_name, true from category where category_scheme = 'ic_line'"""
#: The cells that ever trade: few partners trade nearly every code, most few; the United States trade all chips.
CELLS = f"""
create table cell as
with partner as (
  select partner_code, name_en as partner_name, row_number() over (order by hash(partner_code)) as rank
  from read_csv({literal(DBT_PROJECT / "seeds" / "partners.csv")}, all_varchar = true)
)
select hs_code, hs_name, partner_code, partner_name
from code cross join partner
order by is_needed and partner_code = '502' desc,
  ln((hash(hs_code, partner_code) % 1000000 + 1) / 1000001) * rank desc
limit ?"""
#: A month's rows in the order of a download, by quantity: each cell in 19 of 20 months, in three regimes.
MONTH = """
select date '{month}' as month, 1 + row_number() over (order by quantity_1 desc, seed) as line,
  hs_code, hs_name, partner_code, partner_name, regime_code, regime_name, null as province_code, null as province_name,
  quantity_1, if(hs_code < '84', 'Kilogram', 'Number of item') as unit_1,
  seed % 1000000 as quantity_2, if(hs_code < '84', null, 'Kilogram') as unit_2,
  (exp(seed % 1400 / 100.0) * (1 + seed % 17))::bigint as value
from (
  select *, hash(hs_code, partner_code, regime_code, '{month}') as seed, seed // 1000 % 100000 as quantity_1 from cell,
    (values ('10', 'Ordinary Trade'), ('14', 'Processing and assembling'), ('15', 'Processing with imported materials'))
      as regime (regime_code, regime_name)
  where hs_code like '85423%' or hash(hs_code, partner_code, '{month}') % 20 <> 0
)
order by line"""


def write_home(home: Home, months: int, rows: int) -> None:
    """Landing records and raw Parquet: one receipt and one file a month, of about that many rows."""
    home.create()
    landing = Landing(home)
    with scratch() as con:
        con.execute(CODES)
        con.execute(CELLS, [rows * 20 // 57])
        for sequence in range(1, months + 1):
            month = add_months(LAST_MONTH, sequence - months)
            receipt = _write_month(con, home, sequence, month)
            with landing.receiving():
                landing.append(receipt)


def _write_month(con: duckdb.DuckDBPyConnection, home: Home, sequence: int, month: dt.date) -> Receipt:
    """Raw rows of a month, and the receipt that they stand for."""
    sha256 = hashlib.sha256(f"{month}".encode()).hexdigest()
    receipt = Receipt.model_validate(
        {
            "sequence": sequence,
            "receipt_id": f"r{sequence:06d}-{sha256[:8]}",
            "sha256": sha256,
            "bytes": 0,
            "name": f"made_up_{month:%Y_%m}.csv",
            "received_at": dt.datetime.now(dt.UTC),
            "dataset": DATASET,
            "vintage": add_months(month, 1).replace(day=20),
            "header": None,
            "scope": Scope(source=SOURCE, flow="import", months=(month, month), hs="all", partners="all",
                           currency="USD", dimensions=DIMENSIONS),
            "printed": (month, month),
            "encoding": "gb18030",
            "content": (),
        }
    )  # fmt: skip
    scope, path = receipt.scope, raw_path(home, receipt, month)
    head = {"receipt_id": receipt.receipt_id, "parser_version": PARSER_VERSION, "source": scope.source,
            "reporter": scope.reporter, "flow": scope.flow, "currency": scope.currency}  # fmt: skip
    columns = [f"{literal(value)} as {name}" for name, value in head.items()]
    columns += [f"{name}::{kind} as {name}" for name, kind in RAW_COLUMNS.items()]
    path.parent.mkdir(parents=True, exist_ok=True)
    con.execute(
        f"copy (select {', '.join(columns)} from ({MONTH.format(month=month)})) to {literal(path)} "
        "(format parquet, compression zstd)"
    )
    seen = con.execute(f"select count(*), sum(value)::bigint from read_parquet({literal(path)})").fetchone() or (0, 0)
    return receipt.model_copy(update={"content": (ReceivedMonth(month=month, rows=seen[0], value=seen[1]),)})


def build_home(home: Home) -> None:
    """Every model as a run builds it from the start, and a candidate."""
    from orchestration.assets.dbt import DIMENSIONS as FIRST
    from orchestration.assets.dbt import FACTS, MARTS

    state = Landing(home).state()
    snapshot.write(state, home.warehouse / "landing")
    for reader in READERS.values():
        write_schema(home, reader)
    for build in (
        lambda: run_dbt(home, FIRST, exclude=FACTS, full_refresh=True),
        lambda: run_by_months(home, FACTS, plan(home, state).batches, full_refresh=True),
        lambda: run_dbt(home, MARTS, full_refresh=True),
    ):
        outcome = build()
        if outcome.failures:
            sys.exit("\n".join(outcome.failures))
    candidate.build(home, state, None)


def subject(home: Home) -> Subject:
    """The home's release, else its latest candidate."""
    current = home.releases / "current"
    folder = current if current.exists() else max(home.candidates.iterdir())
    return Subject(home, folder / candidate.DATABASE, read_manifest(folder).receipt_sequence, settings().expectations)


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
    def connected(of: Subject) -> Iterator[duckdb.DuckDBPyConnection]:
        with meter.part("tables"):
            opened = connect(of)
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
