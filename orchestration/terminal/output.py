"""Printing: tables for a person at a terminal, plain lines in a pipe, JSON for a program.

In a pipe nothing is wrapped, boxed or cut. Whatever is printed passes here, so that no terminal obeys what stands in a
file or in its name.
"""

from __future__ import annotations

import datetime as dt
import shlex
import shutil
import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console

from orchestration.base.errors import RefusalError
from orchestration.base.months import format_month
from orchestration.base.plain import bare, json_text, plain, printable
from orchestration.releases.headline import OF_WORLD
from orchestration.releases.terms import told
from orchestration.terminal.layout import shown

if TYPE_CHECKING:
    from orchestration.gates.audit import Report
    from orchestration.releases.difference import TableDifference
    from orchestration.releases.manifest import Manifest
    from orchestration.releases.trace import Trace
    from orchestration.terminal.run import RunSummary
    from orchestration.terminal.status import HomeStatus

FINDINGS_SHOWN = 20
CHANGES_SHOWN = 10


def line(text: str) -> None:
    """A line on standard output, or several."""
    sys.stdout.write(_lines(text))


def error(text: str) -> None:
    """A refusal on standard error."""
    sys.stderr.write(_lines(f"Refused. {text}"))


def note(text: str) -> None:
    """What a reader should know, on standard error, so that a pipe gets the answer alone."""
    sys.stderr.write(_lines(text))


def _lines(text: str) -> str:
    return "".join(f"{printable(part)}\n" for part in text.split("\n"))


def refused(reason: Exception | str, *, as_json: bool) -> None:
    """Why nothing was done: in words on standard error, and as JSON for whoever has asked for it."""
    error(str(reason))
    if as_json:
        known = reason if isinstance(reason, RefusalError) else RefusalError(str(reason))
        where = {"file": known.file, "line": known.line, "column": known.column}
        said = {key: value for key, value in where.items() if value is not None}
        json_out({"error": known.what, **said, "remedy": known.remedy})


def made_up(release_id: str | None, is_synthetic: bool) -> list[str]:
    """The line that goes with every figure of a synthetic home; none in a real one."""
    return [f"SYNTHETIC DATA: every figure of release {release_id} is made up."] if is_synthetic else []


def on_terms(said: Manifest) -> list[str]:
    """The line that goes with figures of a source whose rows may not be passed on; none where all may be."""
    return [f"TERMS: {text}" for text in told(said)]


def table(columns: list[str], rows: list[list[Any]]) -> None:
    """A table at a terminal; tab-separated lines with unformatted figures in a pipe."""
    if not sys.stdout.isatty():
        for row in [columns, *rows]:
            sys.stdout.write("\t".join(bare(v) for v in row) + "\n")
        return
    shown(columns, rows, Console())


def json_out(value: Any) -> None:
    """JSON on standard output; decimals and dates as text."""
    sys.stdout.write(json_text(value) + "\n")


def audit_dict(subject: str, report: Report) -> dict[str, Any]:
    """An audit as JSON: verdict, how far it reached, gates, and every comparison."""
    from orchestration.gates.reach import reach

    return {
        "subject": subject,
        "passed": report.passed,
        "counts": report.counts,
        "coverage": reach(report).as_dict(),
        "gates": [vars(g) for g in report.gates],
        "comparisons": report.results.to_dict("records"),
    }


def audit_table(subject: str, report: Report) -> None:
    """An audit for a person: the verdict, how far it reached, each gate, and what was found."""
    from orchestration.gates.reach import reach

    line(f"{subject}: {'PASSED' if report.passed else 'FAILED'}")
    for sentence in reach(report).sentences():
        line(sentence)
    rows = []
    for gate in report.gates:
        mine = report.results[report.results["gate"] == gate.gate]
        compared = int(mine["n_compared"].sum())
        bad = int(mine["verdict"].isin(["failed", "warned", "broken"]).sum())
        rows.append([gate.gate, gate.verdict, len(mine), compared, bad, gate.message or gate.title])
    table(["gate", "verdict", "comparisons", "rows compared", "found", "what it says"], rows)
    findings = report.findings("broken", "failed", "warned", "waived", "expected")
    if not findings.empty:
        columns = ["verdict", "gate", "dataset", "month", "scope", "measure", "expected", "actual", "difference"]
        columns += ["tolerance", "waived_by", "reason"]
        shown = findings.head(FINDINGS_SHOWN)[columns].values.tolist()
        table(columns, [[format_month(v) if isinstance(v, dt.date) else v for v in row] for row in shown])
    if len(findings) > FINDINGS_SHOWN:
        line(f"and {len(findings) - FINDINGS_SHOWN} more: see audit.html")


def status(report: HomeStatus) -> None:
    """The state of a home for a person."""
    line(f"home: {report.home}")
    others = {"code lists": report.code_lists, "documents": report.documents}
    further = "".join(f", {what}: {count}" for what, count in others.items() if count)
    line(f"receipts: {report.receipts} that count, {report.withdrawn} withdrawn{further}")
    line(f"last release: {report.last_release or 'none yet'}")
    for text in (*report.damaged, *made_up(report.last_release, report.is_synthetic)):
        line(text)
    for text in report.held_back:
        line(f"HELD BACK: {text}")
    failure = (
        ", ".join(map(str, report.last_failure.values())) if report.last_failure else "none since the last release"
    )
    line(f"last failure: {failure}")
    for text in report.watched:
        line(f"watched: {text}")
    rows = [[d.dataset, d.state, d.held, d.due, d.out_since, d.not_out, d.source] for d in report.datasets]
    table(["dataset", "state", "held", "due and not there", "out since", "not out yet", "source"], rows)
    if report.sources:
        lines = [[s.source, s.way, s.latest, s.lag, s.next_out, s.asked_at, s.key] for s in report.sources]
        table(["source", "asked by", "latest month", "months behind", "next out", "last asked", "key"], lines)
    for dataset in report.datasets:
        if dataset.fetch:
            line(f"{dataset.dataset}: {dataset.fetch}")
        for query in dataset.queries:
            line(f"{dataset.dataset}: download {query}")


def run_summary(summary: RunSummary) -> None:
    """The end of a run: verdict, headline, where the release lies, what to type next."""
    for name, reason in summary.refused:
        line(f"refused: {name}: {reason.splitlines()[0]}")
    for name in summary.left:
        line(f"left for the next run, since it was still being written: {name}")
    if summary.failure:
        line("FAILED. Nothing was published." if summary.release_id is None else
             f"FAILED. Nothing was published; readers still see {summary.release_id}.")  # fmt: skip
        line(summary.failure)
        return
    line(f"{summary.outcome}: release {summary.release_id} at {summary.folder}")
    counts = ", ".join(f"{n:,} {v.replace('_', ' ')}" for v, n in summary.counts.items() if n)
    line(f"audit PASSED: of its comparisons {counts}")
    for text in summary.held_back:
        line(f"HELD BACK: {text}")
    for text in (*made_up(summary.release_id, summary.is_synthetic), *summary.headline):
        line(text)
    for text in summary.changed:
        line(f"changed:  {text}")
    bonded = "bonded" if shutil.which("bonded") else ".venv/bin/bonded"
    home = shlex.quote(summary.home)
    is_of_world = any(OF_WORLD in text for text in summary.headline)
    mart = "mart_category_monthly" if is_of_world else "mart_partner_category_monthly"
    view = "v_ic_by_partner" if summary.trace else mart
    line(f"read it:  {bonded} query 'from {view} limit 5' --home {home}")
    line(f"audit:    {summary.folder}/audit.html")
    if summary.trace:
        line(f"trace it: {bonded} trace {summary.trace} --home {home}")
    for text in summary.terms:
        line(f"TERMS: {text}")


def trace(found: Trace) -> None:
    """A published number, and a line for each receipt behind it."""
    local = [found.local_currency] if found.local_currency else []
    sums = [f"USD {plain(found.value_usd)}", *(f"{code} {plain(found.value_local)}" for code in local)]
    line(
        f"{found.source} {found.reporter} {found.flow} {found.month} {found.partner_code} "
        f"{found.category_scheme}/{found.category_code}: {', '.join(sums)} (release {found.release_id})"
    )
    table(
        ["receipt", "file", "USD", *local, "lines"],
        [
            [r.receipt_id, r.file, r.value_usd, *(r.value_local for _ in local), ",".join(map(str, r.lines))]
            for r in found.receipts
        ],
    )
    for text in (*([found.remark] if found.remark else []), *made_up(found.release_id, found.is_synthetic)):
        line(text)


def differences(found: list[TableDifference], a: str, b: str) -> None:
    """Two releases: the tables in which they differ, then the greatest changes of figures in each."""
    table(
        ["table", f"rows only in {a}", f"rows only in {b}", "months"],
        [[d.table, d.only_a, d.only_b, ", ".join(d.months)] for d in found],
    )
    changes = [[d.table, c.month, c.series, c.figure, c.old, c.new] for d in found for c in d.changes[:CHANGES_SHOWN]]
    if changes:
        line("")
        table(["table", "month", "series", "figure", "old", "new"], changes)
    if more := sum(d.n_changes for d in found) - len(changes):
        note(f"{more:,} more changes of figures; bonded diff {a} {b} --json tells more of them")
