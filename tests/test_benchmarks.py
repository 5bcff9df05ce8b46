"""The benchmarks measure what the warehouse does: files that are taken, runs that publish, figures that hold."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pytest

from benchmarks import hand, run
from benchmarks.audit import measured
from benchmarks.made_up import LAST_MONTH, Trade, promised
from benchmarks.meter import STAGES, Cost, Meter, in_a_process
from benchmarks.parse import write_file
from orchestration.base.months import add_months
from orchestration.base.settings import Home, settings
from orchestration.releases.store import Releases
from orchestration.sources.gacc.parse import parse
from orchestration.terminal.run import run_home


def test_the_files_of_the_parsing_benchmark_are_sound(tmp_path: Path) -> None:
    """As many rows as are said, each key once, in the site's encoding."""
    rows = write_file(tmp_path / "made_up.csv", 2)
    parsed = parse(tmp_path / "made_up.csv", tmp_path / "work")
    assert (parsed.rows, parsed.encoding) == (rows, "gb18030")


def test_the_files_of_whole_runs_are_taken(home: Home, tmp_path: Path) -> None:
    """Whatever partners and lines the reviewed tables have by now."""
    file = Trade(3_000).print_month(home, LAST_MONTH)
    assert parse(file, tmp_path / "work").rows == len(file.read_bytes().splitlines()) - 1


@pytest.mark.series("test_the_files_of_whole_runs_are_taken")
@pytest.mark.own_run("the benchmark's generated home is what is tested")
def test_a_run_on_made_up_trade_is_measured_and_equals_sql_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From files in the inbox, one of them printed anew; each stage and each gate is measured. A dollar too many in the
    release shows, and yuan.
    """
    monkeypatch.setattr(settings(), "expectations", promised(tmp_path))
    home, trade, meter = Home(tmp_path / "home").create(), Trade(1_500), Meter()
    months = [add_months(LAST_MONTH, -back) for back in (1, 0)]
    files = [trade.print_month(home, month) for month in months]
    files.append(trade.print_month(home, months[0], dt.date(2025, 4, 1)))
    rows = [len(file.read_bytes().splitlines()) - 1 for file in files]
    assert rows[2] < rows[0] and all(1_300 < n < 1_700 for n in rows)
    with meter.of_a_run():
        summary = run_home(home, [])
    assert (summary.outcome, summary.refused, len(summary.received)) == ("published", [], 3)
    assert set(meter.stages) == set(STAGES) and sum(meter.stages.values()) > 0

    parts, report = measured(home)
    verdicts = {gate.gate: gate.verdict for gate in report.gates}
    assert [verdicts[gate] for gate in ("layers", "keys_and_shapes", "domains", "continuity")] == ["passed"] * 4
    assert {name for name, *_ in parts.parts} == {"start", "tables", "audit", *verdicts}

    assert in_a_process("hand", str(home.root)).cpu > 0
    release = Releases(home).folder()
    with duckdb.connect(str(release / "trade.duckdb")) as con:
        con.execute("update mart_category_monthly set value_usd = value_usd + 1 where category_code = '8542'")
        con.execute("update mart_partner_category_monthly set value_local = value_usd")
    with duckdb.connect() as con:
        hand.make(con, home)
        wrong = hand.differences(con, release)
    marts = [f"mart_category_monthly {month:%Y-%m}" for month in months]
    assert wrong == ["mart_partner_category_monthly.value_local", *marts]


def test_what_was_asked_for_stands_beside_what_was_measured() -> None:
    """A target that is missed says so; growth is told where there are two histories."""
    names = (run.NOTHING, run.LAUNCHED, run.NEW, run.REVISED)
    found = {months: {name: Cost(cpu, 1, 100) for name in names} for months, cpu in ((12, 3.0), (120, 6.5))}
    told = list(run.targets(found))
    assert sum("NOT met" in text for text in told) == 4 and told[-1].endswith("2,000 asked for: met")
    assert len(list(run.targets({12: found[12]}))) == 3
