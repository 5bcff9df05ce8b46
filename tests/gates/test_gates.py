"""The gates on what is sound, and just within and beyond a limit; faults of all kinds are in `tests/faults`."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from orchestration.base.settings import PROJECT, Home
from orchestration.gates.audit import Report, audit
from orchestration.gates.suites import declared_gates
from orchestration.releases.database import DATABASE
from orchestration.releases.publish import subject_of
from tests.gates.looking import only

IC_LINE = "commodity_code = '85423190' and partner_code = '502' and month = '2024-10-01'"


def audited(home: Home, tmp_path: Path, change: str = "", gates: Sequence[str] = ()) -> Report:
    """The audit of a copy of the sample's release after a change to it, by some gates alone or by all."""
    database = tmp_path / DATABASE
    shutil.copy(home.releases / "current" / DATABASE, database)
    if change:
        with duckdb.connect(str(database)) as con:
            for statement in change.split(";"):
                con.execute(statement)
    subject = replace(subject_of(home, home.releases / "current"), database=database)
    return audit(replace(subject, expectations=only(tmp_path, *gates)) if gates else subject)


def failing(report: Report) -> dict[str, list[str]]:
    """Months by gate of what failed."""
    rows = report.findings("failed", "broken")
    found: dict[str, set[str]] = {}
    for gate, month in zip(rows["gate"], rows["month"], strict=True):
        found.setdefault(gate, set()).add(f"{month:%Y-%m}" if month else "-")
    return {gate: sorted(months) for gate, months in found.items()}


def test_untouched_it_passes(sample_home: Home, tmp_path: Path) -> None:
    """Every gate compares something on the sample, which has several grains, both currencies and a revision; but no two
    receipts of one day and grain, no release before, and no page is drawn.

    Two figures that the press printed wrong are expected to differ; nothing is warned of.
    """
    report = audited(sample_home, tmp_path)
    assert report.passed and not failing(report)
    gates = declared_gates(PROJECT / "expectations")
    silent = ("contradictions", "collapse", "corrections", "page")
    others = {**dict.fromkeys(("implied_rate", "totals"), "expected"), **dict.fromkeys(silent, "not_applicable")}
    assert {g.gate: g.verdict for g in report.gates} == {**dict.fromkeys(gates, "passed"), **others}
    assert sorted(f"{m:%Y-%m}" for m in report.findings("expected")["month"]) == ["2020-09", "2020-09", "2023-12"]
    by_gate = report.results.groupby("gate")["n_compared"].sum()
    assert set(by_gate.index) == set(gates) and by_gate.drop(list(silent)).min() > 0


def test_additivity_compares_each_grain_and_both_currencies(sample_home: Home, tmp_path: Path) -> None:
    """Six digits with eight, all partners together with their sum, quantities of dollars with those of renminbi."""
    results = audited(sample_home, tmp_path, gates=["additivity"]).results
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


def test_one_dollar_is_told_with_its_figures(sample_home: Home, tmp_path: Path) -> None:
    """Expected, actual and difference stand in the findings: of the month, and of the world file's dollar too few."""
    more = f"update fct_trade_monthly set value_usd = value_usd + 1 where {IC_LINE}"
    rows = audited(sample_home, tmp_path, more, ("layers", "additivity")).findings("failed")
    rows = rows[~rows["scope"].str.startswith("partners received within")]
    for gate, difference in (("layers", {1}), ("additivity", {-1})):
        row = rows[(rows["gate"] == gate) & (rows["measure"] == "value_usd")].iloc[0]
        assert row["difference"] == row["actual"] - row["expected"] and row["difference"] in difference
        assert row["dataset"] == "gacc_sample import"


@pytest.mark.series("test_a_fault_ends_as_it_must")
def test_a_total_within_its_rounding_passes(sample_home: Home, tmp_path: Path) -> None:
    """October is 1.1115 bn: 1.11 bn allows from 1.1028 to 1.1172 with half a unit and 0.2 %."""
    for change, fails in ((5_000_000, False), (6_000_000, True)):
        sql = f"update fct_trade_monthly set value_usd = value_usd + {change} where {IC_LINE}"
        report = audited(sample_home, tmp_path, sql)
        assert ("totals" in failing(report)) == fails
