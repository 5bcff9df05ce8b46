"""What a fault is, how it is tried, and how what happened is told: the same words in the tables, tests and the page.

Belongs here: faults and results as such. Not here: the single faults.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import duckdb
import pandas as pd

from orchestration.base.errors import RefusalError
from orchestration.base.months import add_months, format_month
from orchestration.base.plain import plain
from orchestration.gates.audit import Report, worst_first
from orchestration.releases.manifest import read_manifest
from orchestration.releases.publish import Publication
from tests.faults.bench import Bench, Inject

#: Gate, dataset, month, scope and measure.
Comparison = tuple[str, str, dt.date, str, str]
FINDINGS = ("broken", "failed", "warned", "waived")


@dataclass(frozen=True)
class Result:
    """What came of a fault.

    `outcome`: failed (nothing is published), published (where it was audited alone: passed), refused, or known (nothing
    new was received). `finds`: by gate the worst verdict, its months and figures; `says`: the refusal.
    """

    outcome: str
    finds: dict[str, str] = field(default_factory=dict)
    says: str = ""


@dataclass(frozen=True)
class Fault:
    """One fault: what is wrong, how it is put in, and the result that is expected.

    `is_within`: no fault but what lies just within a limit, and must pass.
    """

    name: str
    inject: Inject
    expected: Result
    is_within: bool = False


def fails(**finds: str) -> Result:
    """Nothing is published."""
    return Result("failed", finds)


def warns(**finds: str) -> Result:
    """It is published with these warnings."""
    return Result("published", finds)


def refused(says: str) -> Result:
    """Not even received, or not even audited."""
    return Result("refused", says=says)


def try_out(bench: Bench, fault: Fault, *, wholly: bool) -> Result:
    """Put the fault in, audit, and say what came of it.

    `wholly`: by a publication; what is shown to readers is checked on the way.
    """
    bench.reset()
    before = bench.release
    records = bench.records
    try:
        if fault.inject(bench) == "known":
            assert bench.records == records
            return Result("known")
        if not wholly:
            report = bench.audit()
            return Result("published" if report.passed else "failed", told(report, bench.compared))
        publication = bench.publish()
    except RefusalError as error:
        assert (bench.release, bench.records) == (before, records)
        return Result("refused", says=f"{error.what}{f' (line {error.line})' if error.line else ''}")
    if publication.outcome == "failed":
        assert bench.release == before
    else:
        assert publication.outcome == "published" and bench.release == publication.release_id != before
        _shows_its_warnings(publication)
    return Result(publication.outcome, told(publication.report, bench.compared))


def _shows_its_warnings(publication: Publication) -> None:
    """Whoever reads the release sees each warning: in its table and in its manifest."""
    warned = publication.report.findings("warned", "waived")
    audit = read_manifest(publication.folder).audit
    assert (
        audit
        and audit.passed
        and [(f["gate"], f["scope"]) for f in audit.findings]
        == list(warned[["gate", "scope"]].itertuples(index=False, name=None))
    )
    with duckdb.connect(str(publication.folder / "trade.duckdb"), read_only=True) as con:
        sql = "select count(*) from audit_results where verdict in ('warned', 'waived')"
        assert con.execute(sql).fetchall() == [(len(warned),)]


def told(report: Report, before: frozenset[Comparison]) -> dict[str, str]:
    """By gate what it found, and where it compares nothing that it compared before."""
    rows = report.results
    found = rows[rows["verdict"].isin(FINDINGS)]
    silent = rows[rows["verdict"] == "not_applicable"]
    silent = silent[[key in before for key in comparisons(silent)]]
    by_gate: dict[str, list[str]] = {}
    for verdict, of_verdict in [(v, found[found["verdict"] == v]) for v in FINDINGS] + [("not compared", silent)]:
        for gate, rows_of_gate in of_verdict.groupby("gate"):
            by_gate.setdefault(str(gate), []).append(_told(verdict, rows_of_gate))
    return {gate: "; ".join(by_gate[gate]) for gate in dict.fromkeys(rows["gate"]) if gate in by_gate}


def comparisons(rows: pd.DataFrame) -> list[Comparison]:
    """What each row compares."""
    return list(rows[["gate", "dataset", "month", "scope", "measure"]].itertuples(index=False, name=None))


def _told(verdict: str, rows: pd.DataFrame) -> str:
    """A verdict, its months, and the worst of its comparisons: expected → actual (difference), or the reason."""
    row = worst_first(rows).iloc[0]
    head = " ".join(filter(None, [verdict, _months(set(rows["month"].dropna()))]))
    if row["expected"] is None or row["actual"] is None:
        reason = str(row["reason"] or f"{row['measure']} {plain(row['expected'])} → {plain(row['actual'])}")
        return f"{head}: {_plainly(reason)}"
    sign = "+" if row["difference"] > 0 else ""
    return f"{head}: {plain(row['expected'])} → {plain(row['actual'])} ({sign}{plain(row['difference'])})"


def _plainly(reason: str) -> str:
    """The first line, without folders, and without the row that DuckDB happened to meet first."""
    line = re.sub(r"(/[^/ ]+)+/", "", reason.splitlines()[0])
    return re.sub(r'duplicate key ".*"', "duplicate key", line)


def _months(months: Iterable[dt.date]) -> str:
    """Months, those in a row as one range."""
    runs: list[list[dt.date]] = []
    for month in sorted(months):
        if runs and month == add_months(runs[-1][-1], 1):
            runs[-1].append(month)
        else:
            runs.append([month])
    return ", ".join("..".join(format_month(m) for m in dict.fromkeys([run[0], run[-1]])) for run in runs)
