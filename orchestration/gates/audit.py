"""The audit: every declared gate on one candidate or release, in one pass, and a verdict for every comparison."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import pandas as pd

from orchestration.errors import RefusalError
from orchestration.gates.evidence import Subject, connect, gather
from orchestration.gates.judge import GateBrokenError, judge
from orchestration.gates.suites import Declared, GateSpec, declared_gates, load_suite
from orchestration.landing.datasets import load_datasets

#: Worst first.
VERDICTS = ("broken", "failed", "warned", "waived", "passed", "not_applicable")
COLUMNS = ("gate", "dataset", "month", "scope", "measure", "expected", "actual", "difference", "tolerance",
           "n_compared", "severity", "verdict", "waived_by", "reason", "reference")  # fmt: skip


@dataclass(frozen=True)
class GateOutcome:
    """One gate of one audit. `asset`: the Dagster asset on which it is shown."""

    gate: str
    title: str
    asset: str
    verdict: str
    message: str | None = None


@dataclass(frozen=True)
class Report:
    """All comparisons with their verdicts (columns `COLUMNS`), and the outcome of each declared gate."""

    results: pd.DataFrame
    gates: tuple[GateOutcome, ...]

    @property
    def passed(self) -> bool:
        """Whether the subject may be published: no gate and no comparison is broken or failed."""
        found = {g.verdict for g in self.gates} | set(self.results["verdict"])
        return not found & {"broken", "failed"}

    @property
    def counts(self) -> dict[str, int]:
        """Number of comparisons by verdict."""
        return {v: int((self.results["verdict"] == v).sum()) for v in VERDICTS}

    def findings(self, *verdicts: str) -> pd.DataFrame:
        """The comparisons with one of these verdicts, worst first (`worst_first`)."""
        return worst_first(self.results[self.results["verdict"].isin(verdicts)])


def worst_first(rows: pd.DataFrame) -> pd.DataFrame:
    """Comparisons by verdict, then an unknown difference before a known one, then by relative difference."""
    rank = rows["verdict"].map({v: n for n, v in enumerate(VERDICTS)}).astype(float)
    size = rows["difference"].astype(float).abs() / rows["expected"].astype(float).abs().clip(lower=1)
    order = pd.DataFrame({"rank": rank, "size": -size.fillna(float("inf"))}, index=rows.index)
    return rows.loc[order.sort_values(["rank", "size"], kind="stable").index]


def verdicts_by_month(report: Report, gate: str) -> Iterator[tuple[dt.date, pd.DataFrame]]:
    """A gate's comparisons month by month, worst first; months in which it compared nothing are left out.

    A broken gate is broken for every month that any gate speaks of.
    """
    rows = report.results[report.results["gate"] == gate]
    broken = rows[rows["verdict"] == "broken"]
    if not broken.empty:
        for month in sorted(report.results["month"].dropna().unique()):
            yield month, broken
        return
    spoken = rows[rows["verdict"] != "not_applicable"]
    for month, found in spoken.groupby("month"):
        yield month, worst_first(found)  # type: ignore[misc]


def worst(verdict: pd.Series) -> str:
    """The worst of some verdicts."""
    present = set(verdict)
    return next((v for v in VERDICTS if v in present), "not_applicable")


def audit(subject: Subject) -> Report:
    """Run every declared gate on the subject. A gate that cannot judge is broken; the others go on."""
    declared = declared_gates(subject.expectations)
    results: list[pd.DataFrame] = []
    outcomes: list[GateOutcome] = []
    with connect(subject) as con:
        for gate, rule in declared.items():
            spec: GateSpec | None = None
            try:
                spec = load_suite(subject.expectations / f"{gate}.yml")
                found = _run(con, subject, spec, rule)
                outcomes.append(GateOutcome(gate, spec.title, spec.asset, worst(found["verdict"])))
            except Exception as error:
                # Whatever a gate stumbles over, it has not judged: broken, never passed.
                known = isinstance(error, GateBrokenError | RefusalError)
                message = str(error) if known else f"{type(error).__name__}: {error}"
                found = _row(gate, verdict="broken", reason=message)
                title, asset = (spec.title, spec.asset) if spec else (gate, "release")
                outcomes.append(GateOutcome(gate, title, asset, "broken", message))
            results.append(found)
        extra = _must_compare(con, subject, declared, pd.concat(results))
    frame = pd.concat([*results, *extra], ignore_index=True)[list(COLUMNS)]
    failed = {row.gate: str(row.reason) for part in extra for row in part.itertuples()}
    gates = tuple(
        GateOutcome(o.gate, o.title, o.asset, "failed", failed[o.gate])
        if o.gate in failed and o.verdict != "broken"
        else o
        for o in outcomes
    )
    return Report(frame.astype(object).where(frame.notna(), None), gates)


def _row(gate: str, **values: object) -> pd.DataFrame:
    row = {**dict.fromkeys(COLUMNS), "gate": gate, "dataset": "-", "scope": "-", "measure": "-", "n_compared": 0}
    row |= {"severity": "block", **values}
    return pd.DataFrame([row], dtype=object)


def _run(con: duckdb.DuckDBPyConnection, subject: Subject, spec: GateSpec, rule: Declared) -> pd.DataFrame:
    path = subject.expectations / f"{spec.gate}.sql"
    if not path.is_file():
        raise GateBrokenError(f"{path.name} is missing")
    gather(con, spec, path.read_text(encoding="utf-8").rstrip().rstrip(";"))
    frame = (
        con.execute("select * from evidence where gate = ? order by dataset, month, scope, measure", [spec.gate])
        .fetch_arrow_table()
        .to_pandas()
    )
    if rule.speaks == "every_month":
        _refuse_silence(con, spec)
    if frame.empty:
        return _row(spec.gate, verdict="not_applicable", reason=spec.nothing)
    return _judged(spec, frame)


def _refuse_silence(con: duckdb.DuckDBPyConnection, spec: GateSpec) -> None:
    silent = con.execute(
        "select distinct source || ' ' || flow, strftime(month, '%Y-%m') from coverage where not exists ("
        "select 1 from evidence e where e.gate = ? and e.dataset = source || ' ' || flow and e.month = coverage.month "
        "and e.n_compared > 0) order by all limit 1",
        [spec.gate],
    ).fetchone()
    if silent:
        raise GateBrokenError(f"it compared nothing for {silent[0]} in {silent[1]}, and must")


def _judged(spec: GateSpec, frame: pd.DataFrame) -> pd.DataFrame:
    """Give each comparison its verdict: of those that compared something, Great Expectations says which are wrong."""
    compared = frame["n_compared"] > 0
    frame["verdict"], frame["waived_by"] = "not_applicable", None
    spoken = frame[compared]
    if not spoken.empty:
        wrong = frozenset().union(*judge(spec.gate, spec.expectations, spoken))
        names = ["passed"] * len(spoken)
        for position in wrong:
            names[position] = "failed" if spoken["severity"].iloc[position] == "block" else "warned"
        frame.loc[compared, "verdict"] = names
    return frame[list(COLUMNS)].astype(object)


def _must_compare(
    con: duckdb.DuckDBPyConnection, subject: Subject, declared: dict[str, Declared], results: pd.DataFrame
) -> list[pd.DataFrame]:
    """A failed row for each active dataset that lists a gate which compared nothing for it."""
    active = con.execute("select dataset, source || ' ' || flow, first_month from dataset").fetchall()
    datasets = load_datasets(subject.expectations)
    spoke = set(results[results["n_compared"] > 0][["gate", "dataset"]].itertuples(index=False, name=None))
    missing = []
    for name, stream, first_month in active:
        for gate in datasets[name].must_compare:
            if gate not in declared:
                reason = f"{name} lists {gate} in must_compare, but gates.yml declares no such gate"
                missing.append(_row(gate, dataset=name, month=first_month, verdict="broken", reason=reason))
            elif (gate, name) not in spoke and (gate, stream) not in spoke:
                missing.append(
                    _row(
                        gate,
                        dataset=name,
                        month=first_month,
                        measure="must_compare",
                        verdict="failed",
                        reason=f"{gate} compared nothing for {name}, which lists it in must_compare",
                    )
                )
    return missing
