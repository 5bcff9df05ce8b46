"""The audit as one self-contained page: verdict, what was compared, what failed, a strip and a table per gate.

Here the report becomes plain text values; `audit.html.j2` lays them out. Nothing is judged here (`audit.py` does).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cache
from operator import itemgetter
from pathlib import Path

import jinja2
import pandas as pd

from orchestration.base.months import spans
from orchestration.base.plain import printable
from orchestration.gates.audit import VERDICTS, GateOutcome, Report, Row, rows_of, worst, worst_first
from orchestration.gates.reach import reach
from orchestration.gates.report_shapes import Cell, GateView, Line, Page, Sentences, Strip, Table, Tally

TEMPLATE = Path(__file__).with_name("audit.html.j2")
#: Rows of a table on the page; `audit_results` has them all.
ROWS_SHOWN = 200
#: The findings told in sentences under the verdict, and how many: more would push the months far below the fold.
SENTENCES = {"What failed": (("broken", "failed"), 6), "Warnings": (("warned",), 3), "Waived": (("waived",), 3),
             "Known errors of what is printed elsewhere": (("expected",), 3)}  # fmt: skip
#: The gate that compares the details of a month, if they are held.
DETAILS = "layers"
#: Worst first, each with the sign that tells it apart without colour.
SIGNS = {
    "broken": "B",
    "failed": "F",
    "warned": "W",
    "waived": "V",
    "expected": "E",
    "passed": "✓",
    "not_applicable": "–",
}


def render(report: Report, subject: str, is_synthetic: bool, told: tuple[str, ...] = (), beside: str = "") -> str:
    """The page as HTML; it loads nothing from anywhere. `told`: what else a reader must know, a sentence each;
    `beside`: the file that shows the figures, if one was drawn.
    """
    return _template().render(page=page(report, subject, is_synthetic, told, beside), signs=SIGNS)


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters |= {"figure": figure, "words": words, "tally": tally}
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8"))


def page(report: Report, subject: str, is_synthetic: bool, told: tuple[str, ...] = (), beside: str = "") -> Page:
    """The report in reading order: the verdict, the worst findings, then gate by gate."""
    tone, text = headline(report)
    ordered = rows_of(worst_first(report.results))
    spoken = (row["month"] for row in ordered if row["verdict"] != "not_applicable")
    years = sorted({month.year for month in spoken if not _is_absent(month)})
    by_gate: dict[str, list[Row]] = defaultdict(list)
    for row in ordered:
        by_gate[row["gate"]].append(row)
    return Page(
        subject=subject,
        beside=beside,
        is_synthetic=is_synthetic,
        told=told,
        tone=tone,
        headline=text,
        lead=lead(report),
        extent=extent(report.results),
        reach=tuple(reach(report).sentences()),
        counts=report.counts,
        sentences=sentences(ordered),
        gates=tuple(gate_view(outcome, by_gate[outcome.gate], years) for outcome in report.gates),
        titles={outcome.gate: outcome.title for outcome in report.gates},
    )


def figure(value: object, signed: bool = False) -> str | None:
    """A number with thousands separators and without trailing zeros: 1234.500000 → 1,234.5; None if it is absent."""
    if _is_absent(value):
        return None
    number = Decimal(str(value))
    if not number.is_finite():
        return str(number)
    text = f"{number:{'+' if signed and number else ''},f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text if number else "0"


def words(verdict: str) -> str:
    """A verdict as it is written on the page."""
    return verdict.replace("_", " ")


def tally(counts: Tally) -> str:
    """Verdicts with their numbers, worst first: `2 failed, 3 passed`."""
    return ", ".join(f"{counts[v]:,} {words(v)}" for v in VERDICTS if counts.get(v))


def headline(report: Report) -> tuple[str, str]:
    """The verdict on the whole: the verdict whose colour it takes, and the words."""
    counts = report.counts
    if not report.passed:
        return "failed", "FAILED – not published"
    if not (report.results["n_compared"] > 0).any():
        return "warned", "PASSED, but nothing was compared"
    if counts["warned"]:
        return "warned", "PASSED with warnings"
    if counts["waived"]:
        return "waived", "PASSED with waived findings"
    return "passed", "PASSED"


def lead(report: Report) -> str:
    """How the gates came to it: `1 of 5 gates failed, 1 is broken.`"""
    by_verdict = Counter(outcome.verdict for outcome in report.gates)
    total = _number_of(len(report.gates), "gate")
    silent = by_verdict["not_applicable"]
    if silent == len(report.gates):
        return f"{silent} of {total} had nothing to compare."
    if report.passed:
        rest = f"; {silent} had nothing to compare" if silent else ""
        return f"{len(report.gates) - silent} of {total} compared and found nothing that stops publication{rest}."
    parts = [f"{by_verdict['failed']} of {total} failed"] if by_verdict["failed"] else []
    if broken := by_verdict["broken"]:
        parts.append(f"{broken} of {total} {'is' if broken == 1 else 'are'} broken and could not judge")
    return "; ".join(parts) + "."


def extent(results: pd.DataFrame) -> str:
    """How much was compared: comparisons, gates, streams and datasets; and of which months, by name those whose details
    are not held.
    """
    spoken = results[results["n_compared"] > 0]
    months = set(spoken["month"].dropna())
    held = set(spoken.loc[spoken["gate"] == DETAILS, "month"].dropna()) or months
    parts = [
        _number_of(len(spoken), "comparison"),
        _number_of(spoken["gate"].nunique(), "gate"),
        _number_of(spoken["dataset"].nunique(), "stream or dataset"),
    ]
    if held:
        parts.append(f"{_number_of(len(held), 'month')}, {_to(held)}")
    said = " · ".join(parts)
    if beyond := months - held:
        said += (
            f". Of {_to(beyond)} no details are held: other figures were compared, such as the day on which a month "
            "comes out."
        )
    return said


def _to(months: Iterable[dt.date]) -> str:
    return spans(sorted(months)).replace("..", " to ")


def sentences(ordered: Sequence[Row]) -> tuple[Sentences, ...]:
    """What must be read first. The worst of each gate comes before the second worst of any."""
    blocks = []
    for title, (verdicts, limit) in SENTENCES.items():
        turn: Counter[str] = Counter()
        found = []
        for row in ordered:
            if row["verdict"] in verdicts:
                found.append((turn[row["gate"]], row))
                turn[row["gate"]] += 1
        if found:
            blocks.append(Sentences(title, table([row for _, row in sorted(found, key=itemgetter(0))], limit)))
    return tuple(blocks)


def gate_view(outcome: GateOutcome, rows: Sequence[Row], years: Iterable[int]) -> GateView:
    """One gate from its rows, worst first. `years`: those of all gates, so that the strips lie side by side."""
    undated = [row for row in rows if _is_absent(row["month"])]
    references = {row["reference"] for row in rows if not _is_absent(row["reference"])}
    return GateView(
        outcome=outcome,
        counts=Counter(row["verdict"] for row in rows),
        strips=strips(rows, years) if len(undated) < len(rows) else (),
        undated=Counter(row["verdict"] for row in undated),
        remark=outcome.message or (_text(undated[0]["reason"]) if undated else None),
        compared=table([row for row in rows if row["verdict"] not in ("not_applicable", "broken")], ROWS_SHOWN),
        silent=table([row for row in rows if row["verdict"] == "not_applicable"], ROWS_SHOWN),
        reference=str(references.pop()) if len(references) == 1 else None,
    )


def strips(rows: Sequence[Row], years: Iterable[int]) -> tuple[Strip, ...]:
    """The months of one gate by year; a cell takes the worst verdict of all datasets in the month."""
    months: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if month := _month(row["month"]):
            months[month].append(row["verdict"])

    def cell(month: str) -> Cell | None:
        found = months.get(month)
        return Cell(worst(found), f"{month}: {tally(Counter(found))}") if found else None

    return tuple(Strip(year, tuple(cell(f"{year}-{month:02}") for month in range(1, 13))) for year in years)


def table(rows: Sequence[Row], limit: int) -> Table:
    """The first rows as lines; the others are counted."""
    return Table(tuple(map(line, rows[:limit])), Counter(row["verdict"] for row in rows[limit:]))


def line(row: Row) -> Line:
    """One row of the results as text."""
    return Line(
        verdict=row["verdict"],
        gate=row["gate"],
        month=_month(row["month"]),
        difference=figure(row["difference"], signed=True),
        **{name: figure(row[name]) for name in ("expected", "actual", "tolerance", "n_compared")},
        **{name: _text(row[name]) for name in ("dataset", "scope", "measure", "waived_by", "reason", "reference")},
    )


def _is_absent(value: object) -> bool:
    return value is None or value is pd.NaT or value != value


def _text(value: object) -> str | None:
    return None if _is_absent(value) or value in ("", "-") else printable(str(value))


def _month(value: object) -> str | None:
    return f"{value.year}-{value.month:02}" if isinstance(value, dt.date) and value is not pd.NaT else None


def _number_of(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
