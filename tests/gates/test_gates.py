"""Each gate is proven by breaking what it inspects: which one fires, in which month, by how much."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from orchestration.gates.audit import Report, audit
from orchestration.gates.evidence import Subject
from orchestration.landing.store import Landing
from orchestration.releases.candidate import DATABASE
from orchestration.settings import PROJECT, Home
from tests.gates.test_frame import copy_expectations

IC_LINE = "hs8 = '85423190' and partner_code = '502' and month = '2024-10-01'"


def audited(home: Home, tmp_path: Path, change: str = "", expectations: Path | None = None) -> Report:
    """The audit of a copy of the sample's release after a change to it."""
    database = tmp_path / DATABASE
    shutil.copy(home.releases / "current" / DATABASE, database)
    if change:
        with duckdb.connect(str(database)) as con:
            for statement in change.split(";"):
                con.execute(statement)
    sequence = Landing(home).state().sequence
    return audit(Subject(home, database, sequence, expectations or PROJECT / "expectations"))


def failing(report: Report) -> dict[str, list[str]]:
    """Months by gate of what failed."""
    rows = report.findings("failed", "broken")
    found: dict[str, set[str]] = {}
    for gate, month in zip(rows["gate"], rows["month"], strict=True):
        found.setdefault(gate, set()).add(f"{month:%Y-%m}" if month else "-")
    return {gate: sorted(months) for gate, months in found.items()}


def test_untouched_it_passes(sample_home: Home, tmp_path: Path) -> None:
    """Every gate compares something on the sample, which has several grains, both currencies and a revision."""
    report = audited(sample_home, tmp_path)
    assert report.passed and not failing(report)
    gates = ("layers", "additivity", "keys_and_shapes", "domains", "continuity", "totals")
    assert {g.gate: g.verdict for g in report.gates} == dict.fromkeys(gates, "passed")
    assert set(report.results["verdict"]) == {"passed", "not_applicable"}
    by_gate = report.results.groupby("gate")["n_compared"].sum()
    assert set(by_gate.index) == set(gates) and by_gate.min() > 0


def test_additivity_compares_each_grain_and_both_currencies(sample_home: Home, tmp_path: Path) -> None:
    """Six digits with eight, all partners together with their sum, quantities of dollars with those of renminbi."""
    results = audited(sample_home, tmp_path).results
    found = results[results["gate"] == "additivity"]
    kinds = {
        (f"{row.month:%Y-%m}", kind)
        for row in found.itertuples()
        for kind in ("HS6 × partner", "HS8, all partners together", "(CNY)")
        if kind in row.scope
    }
    assert kinds == {
        ("2024-09", "HS6 × partner"),
        ("2024-10", "HS8, all partners together"),
        *((month, "(CNY)") for month in ("2024-08", "2024-09", "2024-10")),
    }
    assert min(found["n_compared"]) > 20


def test_a_release_from_before_there_were_world_files_is_audited(small: Home, tmp_path: Path) -> None:
    """Like one that holds none."""
    assert audited(small, tmp_path, "drop table fct_trade_world_monthly").passed


FAULTS = {
    "one dollar more in a cell": (
        f"update fct_trade_monthly set value_usd = value_usd + 1 where {IC_LINE}",
        {"additivity": ["2024-10"], "layers": ["2024-10"]},
    ),
    "one dollar more in a cell of a month by six digits": (
        f"update fct_trade_monthly set value_usd = value_usd + 1 where {IC_LINE.replace('-10-', '-09-')}",
        {"additivity": ["2024-09"], "layers": ["2024-09"]},
    ),
    "one dollar less in the world": (
        "update fct_trade_world_monthly set value_usd = value_usd - 1 where hs8 = '85423190'",
        {"layers": ["2024-10"]},
    ),
    "one yuan more in a cell": (
        f"update fct_trade_monthly set value_cny = value_cny + 1 where {IC_LINE.replace('-10-', '-08-')}",
        {"layers": ["2024-08"]},
    ),
    "a cell lost": (
        f"delete from fct_trade_monthly where {IC_LINE}",
        {"additivity": ["2024-10"], "layers": ["2024-10"], "totals": ["2024-10"]},
    ),
    "a month lost": (
        "delete from fct_trade_monthly where month = '2022-05-01'",
        {"continuity": ["2022-05"], "layers": ["2022-05"]},
    ),
    "a partner doubled": (
        "insert into fct_trade_monthly from fct_trade_monthly where partner_code = '143' and month = '2021-07-01'",
        {"layers": ["2021-07"]},
    ),
    "a mart row lost": (
        "delete from mart_partner_category_monthly where partner_code = '502' and category_code = 'memory' "
        "and month = '2023-03-01'",
        {"layers": ["2023-03"]},
    ),
    "a mart row too many": (
        "insert into mart_category_monthly by name select * replace (date '2024-11-01' as month) "
        "from mart_category_monthly where category_scheme = 'ic' and month = '2024-10-01'",
        {"layers": ["2024-11"]},
    ),
    "a zero for unknown": (
        "update mart_partner_category_monthly set value_cny = 0 where partner_code = '502' and category_scheme = 'ic' "
        "and month = '2024-02-01'",
        {"layers": ["2024-02"]},
    ),
    "unknown for a value": (
        "update mart_category_monthly set value_usd = null where category_scheme = 'ic' and month = '2020-01-01'",
        {"layers": ["2020-01"]},
    ),
    "parts counted as chips": (
        "update dim_category set hs_prefixes = '85423,854290' where category_scheme = 'ic'",
        {"layers": [f"{year}-{month:02d}" for year in range(2020, 2025) for month in range(1, 13)][:58]},
    ),
    "rows held back": (
        "insert into quarantine by name select source, reporter, flow, month, hs8, '000' as partner_code, "
        "value_usd, receipt_id, 1 as line, 'unknown partner 000' as reason from fct_trade_monthly "
        f"where {IC_LINE}; delete from fct_trade_monthly where {IC_LINE}",
        {"additivity": ["2024-10"], "domains": ["2024-10"], "layers": ["2024-10"], "totals": ["2024-10"]},
    ),
    "a never-zero series at zero": (
        "delete from fct_trade_monthly where partner_code = '502' and hs8 like '85423%' and month = '2021-02-01'",
        {"continuity": ["2021-02"], "layers": ["2021-02"]},
    ),
    "chips of October off by eight million": (
        f"update fct_trade_monthly set value_usd = value_usd - 8000000 where {IC_LINE}",
        {"additivity": ["2024-10"], "layers": ["2024-10"], "totals": ["2024-10"]},
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_trips_its_gates_in_its_month(sample_home: Home, tmp_path: Path, fault: str) -> None:
    """And no other gate, and no other month."""
    change, expected = FAULTS[fault]
    report = audited(sample_home, tmp_path, change)
    assert not report.passed
    assert failing(report) == expected


def test_one_dollar_is_told_with_its_figures(sample_home: Home, tmp_path: Path) -> None:
    """Expected, actual and difference stand in the findings: of the month, and of the world file's dollar too few."""
    rows = audited(sample_home, tmp_path, FAULTS["one dollar more in a cell"][0]).findings("failed")
    for gate, difference in (("layers", 1), ("additivity", -1)):
        row = rows[(rows["gate"] == gate) & (rows["measure"] == "value_usd")].iloc[0]
        assert row["difference"] == row["actual"] - row["expected"] == difference
        assert row["dataset"] == "gacc_sample import"


def test_a_total_within_its_rounding_passes(sample_home: Home, tmp_path: Path) -> None:
    """October is 1.1115 bn: 1.11 bn allows from 1.1028 to 1.1172 with half a unit and 0.2 %."""
    for change, fails in ((5_000_000, False), (6_000_000, True)):
        sql = f"update fct_trade_monthly set value_usd = value_usd + {change} where {IC_LINE}"
        report = audited(sample_home, tmp_path, sql)
        assert ("totals" in failing(report)) == fails


EXPECTATIONS = {
    "evidence missing": (lambda folder: (folder / "domains.sql").unlink(), "domains", "domains.sql is missing"),
    "suite missing": (lambda folder: (folder / "totals.yml").unlink(), "totals", "missing"),
    "evidence raises": (lambda folder: (folder / "totals.sql").write_text("select 1 / 'x'"), "totals", "Error"),
    "evidence says nothing": (
        lambda folder: (folder / "domains.sql").write_text(
            f"select * from ({(folder / 'domains.sql').read_text()}) where false"
        ),
        "domains",
        "compared nothing for gacc_sample import in 2020-01",
    ),
    "evidence forgets a month": (
        lambda folder: (folder / "layers.sql").write_text(
            f"select * from ({(folder / 'layers.sql').read_text()}) where month <> '2023-06-01'"
        ),
        "layers",
        "compared nothing for gacc_sample import in 2023-06",
    ),
    "a fan-out": (
        lambda folder: (folder / "totals.sql").write_text(
            f"select e.* from ({(folder / 'totals.sql').read_text()}) e, range(2)"
        ),
        "totals",
        "Constraint",
    ),
    "nothing for must_compare": (
        lambda folder: (folder / "continuity.sql").write_text(
            f"select * from ({(folder / 'continuity.sql').read_text()}) where false"
        ),
        "continuity",
        "compared nothing for sample_chips",
    ),
    "must_compare names no gate": (
        lambda folder: (folder / "datasets.yml").write_text(
            (folder / "datasets.yml").read_text().replace("continuity, totals]", "continuity, totals, totalz]")
        ),
        "totalz",
        "declares no such gate",
    ),
}


@pytest.mark.parametrize("case", EXPECTATIONS)
def test_a_gate_that_cannot_judge_never_passes(sample_home: Home, tmp_path: Path, case: str) -> None:
    """Missing, raising, silent or fanned out: broken or failed, and said so."""
    edit, gate, message = EXPECTATIONS[case]
    folder = copy_expectations(tmp_path)
    edit(folder)
    report = audited(sample_home, tmp_path, expectations=folder)
    assert not report.passed
    rows = report.findings("broken", "failed")
    assert any(message in str(reason) for reason in rows[rows["gate"] == gate]["reason"])
