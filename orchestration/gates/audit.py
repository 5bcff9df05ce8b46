"""The audit: every declared gate on one candidate or release, in one pass, and a verdict for every comparison."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pandas as pd

from orchestration.base.errors import RefusalError
from orchestration.base.interrupt import stop_if_asked
from orchestration.base.plain import plain, printable
from orchestration.base.today import today_in
from orchestration.gates.bench import Bench
from orchestration.gates.carried import Inputs
from orchestration.gates.evidence import Subject, connect
from orchestration.gates.exceptions import KnownException, load_exceptions, waive
from orchestration.gates.judge import GateBrokenError, judge
from orchestration.gates.suites import Declared, GateSpec, declared_gates, load_suite
from orchestration.landing.datasets import load_datasets
from orchestration.landing.store import Landing

#: By severity the verdict on a comparison that is wrong, and on one that is not.
IF_WRONG = {"block": "failed", "warn": "warned", "expect": "expected"}
IF_RIGHT = {"block": "passed", "warn": "passed", "expect": "warned"}
#: Whose comparison it is; absent where it belongs to none, as a gate that broke does.
STREAM = ("source", "reporter", "flow")
#: Worst first. Expected: what is known to be wrong outside, and is.
VERDICTS = ("broken", "failed", "warned", "waived", "expected", "passed", "not_applicable")
COLUMNS = ("gate", *STREAM, "dataset", "month", "table_name", "column_name", "scope", "measure", "expected", "actual",
           "difference", "tolerance", "n_compared", "severity", "verdict", "is_carried", "waived_by", "reason",
           "reference")  # fmt: skip


#: One comparison by column.
Row = Mapping[str, Any]


@dataclass(frozen=True)
class GateOutcome:
    """One gate of one audit."""

    gate: str
    title: str
    verdict: str
    message: str | None = None


@dataclass(frozen=True)
class Report:
    """All comparisons with their verdicts (columns `COLUMNS`), and the outcome of each declared gate.

    `inputs`: what they were gathered from, if the subject's content was told.
    """

    results: pd.DataFrame
    gates: tuple[GateOutcome, ...]
    inputs: Inputs = field(default_factory=dict)

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


def rows_of(comparisons: pd.DataFrame) -> list[Row]:
    """Comparisons one by one, in their order: to look at each in a frame costs more than to make it."""
    names = [str(name) for name in comparisons]
    columns = (comparisons[name].tolist() for name in names)
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def finding_text(row: Row) -> str:
    """One comparison in one sentence."""
    if row["expected"] is None:
        return printable(f"{row['gate']}: {row['dataset']}: {row['reason']}")
    reason = f" ({row['reason']})" if row["reason"] else ""
    return printable(
        f"{row['gate']}: {row['dataset']} {row['month']:%Y-%m}, {row['scope']}, {row['measure']}: expected "
        f"{plain(row['expected'])}, found {plain(row['actual'])}, difference {plain(row['difference'])}, "
        f"tolerance {plain(row['tolerance'])}{reason}"
    )


def worst(verdicts: Iterable[str]) -> str:
    """The worst of some verdicts."""
    present = set(verdicts)
    return next((v for v in VERDICTS if v in present), "not_applicable")


def audit(subject: Subject) -> Report:
    """Run every declared gate on the subject. A gate that cannot judge is broken; the others go on.

    `RefusalError` if the gates, datasets or known exceptions themselves are not sound.
    """
    declared = declared_gates(subject.expectations)
    known = load_exceptions(subject.expectations, declared)
    state = Landing(subject.home).state(subject.sequence).holding_back(subject.held_back)
    suites: dict[str, tuple[GateSpec | None, str | None]] = {}
    with connect(subject, state) as con:
        bench = Bench(con, subject, state)
        for gate in declared:
            spec: GateSpec | None = None
            try:
                spec, message = load_suite(subject.expectations / f"{gate}.yml"), None
                bench.gather(spec)
            except Exception as error:
                message = _why(error)
            suites[gate] = spec, message
        _know_silence(bench, declared, suites)
        spoke = {gate: spec for gate, (spec, message) in suites.items() if spec and message is None}
        frames = bench.gathered(spoke)
        parts = _verdicts({gate: (spec, frames[gate]) for gate, spec in spoke.items()})
        for gate, (spec, message) in suites.items():
            if isinstance(broken := parts.get(gate), Exception):
                message = _why(broken)
            if message is not None:
                suites[gate], parts[gate] = (spec, message), _row(gate, verdict="broken", reason=message)
        results = pd.concat([parts[gate] for gate in suites], ignore_index=True)
        reads_before = [gate for gate, (spec, _) in suites.items() if spec and spec.reads == "before"]
        unsound = _waived(results, known, reads_before) + _must_compare(con, subject, declared, results)
        inputs = bench.inputs()
    frame = pd.concat([results, *unsound], ignore_index=True)[list(COLUMNS)]
    failed = {row.gate: str(row.reason) for part in unsound for row in part.itertuples()}
    outcomes = []
    for gate, (spec, message) in suites.items():
        verdict = worst(frame.loc[frame["gate"] == gate, "verdict"])
        outcomes.append(GateOutcome(gate, spec.title if spec else gate, verdict, message or failed.get(gate)))
    return Report(frame.astype(object).where(frame.notna(), None), tuple(outcomes), inputs)


def _why(error: Exception) -> str:
    """Why a gate has not judged, whatever it stumbled over: broken, never passed."""
    stop_if_asked()
    return str(error) if isinstance(error, GateBrokenError | RefusalError) else f"{type(error).__name__}: {error}"


def _verdicts(gathered: Mapping[str, tuple[GateSpec, pd.DataFrame]]) -> dict[str, Any]:
    """The comparisons of each gate with their verdicts, or what it stumbled over.

    Gates that ask the same of their evidence are judged in one go, since a validation costs more than its rows; where
    one of them breaks that, each alone.
    """
    alike: dict[str, list[str]] = {}
    for gate, (spec, _) in gathered.items():
        alike.setdefault(repr([(e.type, sorted(e.kwargs.items())) for e in spec.expectations]), []).append(gate)
    found: dict[str, Any] = {}
    for gates in alike.values():
        specs = {gate: gathered[gate][0] for gate in gates}
        frames = {gate: gathered[gate][1] for gate in gates}
        try:
            found |= _judged_together(specs, frames)
        except Exception as error:
            stop_if_asked()
            for gate in gates:
                try:
                    found[gate] = error if len(gates) == 1 else _judged(specs[gate], frames[gate])
                except Exception as own:
                    found[gate] = own
    return found


def _waived(
    results: pd.DataFrame, known: dict[str, KnownException], reads_before: Collection[str]
) -> list[pd.DataFrame]:
    """Apply the known exceptions to the results; a failed row for each that must go."""
    return [
        _row(p.gate, **p.stream, dataset=p.dataset, month=p.month, scope=p.name, measure="known exception",
             verdict="failed", reason=p.reason, reference="known_exceptions.yml")
        # An exception is the review's, whoever published what it covers: its last day is the same wherever a home is.
        for p in waive(results, known, today_in("UTC"), reads_before)
    ]  # fmt: skip


def _row(gate: str, **values: object) -> pd.DataFrame:
    row = {**dict.fromkeys(COLUMNS), "gate": gate, "dataset": "-", "scope": "-", "measure": "-", "n_compared": 0}
    row |= {"severity": "block", "is_carried": False, **values}
    return pd.DataFrame([row], dtype=object)


def _know_silence(
    bench: Bench, declared: Mapping[str, Declared], suites: dict[str, tuple[GateSpec | None, str | None]]
) -> None:
    """A gate that must speak of every month, and does not, is broken."""
    speaking = [g for g, rule in declared.items() if rule.speaks == "every_month" and suites[g][1] is None]
    for gate, where in bench.silent(speaking).items():
        suites[gate] = suites[gate][0], f"it compared nothing for {where}, and must"


def _judged(spec: GateSpec, frame: pd.DataFrame) -> pd.DataFrame:
    """Give each comparison its verdict: of those that compared something, Great Expectations says which are wrong."""
    return _judged_together({spec.gate: spec}, {spec.gate: frame})[spec.gate]


def _judged_together(specs: Mapping[str, GateSpec], frames: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """`_judged` for gates whose expectations are alike. A gate without evidence has nothing to judge."""
    for gate, spec in specs.items():
        unlike = {"always": "warn", "never": "block"}.get(spec.stops)
        if unlike in set(frames[gate]["severity"]):
            raise GateBrokenError(f"its file says that it {spec.stops} stops publication, and a finding is to {unlike}")
    frame = pd.concat([of for of in frames.values() if not of.empty] or list(frames.values()), ignore_index=True)
    compared = frame["n_compared"] > 0
    frame["verdict"], frame["waived_by"] = "not_applicable", None
    spoken = frame[compared]
    if not spoken.empty:
        first = next(iter(specs.values()))
        wrong = frozenset().union(*judge(first.gate, first.expectations, spoken))
        sides = enumerate(spoken["severity"])
        frame.loc[compared, "verdict"] = [IF_WRONG[said] if n in wrong else IF_RIGHT[said] for n, said in sides]
        agrees = compared & (frame["severity"] == "expect") & (frame["verdict"] == "warned")
        frame.loc[agrees, "reason"] = "it agrees now, so review its grade; " + frame.loc[agrees, "reason"].fillna("")
    silent = {
        gate: _row(gate, verdict="not_applicable", reason=spec.nothing)
        for gate, spec in specs.items()
        if frames[gate].empty
    }
    of_gate = frame[list(COLUMNS)].astype(object).groupby("gate", sort=False)
    return silent | {str(gate): rows for gate, rows in of_gate}


def _must_compare(
    con: duckdb.DuckDBPyConnection, subject: Subject, declared: dict[str, Declared], results: pd.DataFrame
) -> list[pd.DataFrame]:
    """A failed row for each active dataset and each of its `must_compare` for which nothing was compared."""
    active = con.execute("select dataset, first_month, source, reporter, flow from dataset").fetchall()
    datasets = load_datasets(subject.expectations)
    asked = {entry.partition(":")[0].strip() for name, *_ in active for entry in datasets[name].must_compare}
    spoke = results[(results["n_compared"] > 0) & results["gate"].isin(asked)]
    # A set of what was said, once: to ask a frame by every entry costs more than all the rest.
    scopes: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for scope, *key in zip(*(spoke[column] for column in ("scope", "gate", *STREAM, "dataset")), strict=True):
        scopes[tuple(key)].add(scope)
    missing = []
    for name, first_month, *of in active:
        said = {**dict(zip(STREAM, of, strict=True)), "dataset": name, "month": first_month}
        mine = (name, f"{of[0]} {of[2]}")
        for entry in datasets[name].must_compare:
            gate, _, scope = (part.strip() for part in entry.partition(":"))
            if gate not in declared:
                reason = f"{name} lists {gate} in must_compare, but gates.yml declares no such gate"
                missing.append(_row(gate, **said, verdict="broken", reason=reason))
            elif not any(scope in said_scope for own in mine for said_scope in scopes.get((gate, *of, own), ())):
                of_what = f" of {scope!r}" if scope else ""
                reason = f"{gate} compared nothing{of_what} for {name}, which lists it in must_compare"
                said_of = {**said, "scope": scope or "-", "measure": "must_compare"}
                missing.append(_row(gate, **said_of, verdict="failed", reason=reason))
    return missing
