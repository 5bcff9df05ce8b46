"""What receiving one file comes to, for a person and for a program."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from orchestration.base.months import format_month
from orchestration.base.plain import printable
from orchestration.landing.code_lists import ReceivedList
from orchestration.landing.documents import ReceivedDocument
from orchestration.landing.names import shown_name
from orchestration.landing.preview import MonthChange
from orchestration.landing.receive import Received
from orchestration.landing.receivers import Outcome
from orchestration.landing.scope import Scope, describe, shown
from orchestration.terminal import output

FEEDS = {
    "partner": "feeds the fact by partner ({grain})",
    "world": "feeds the fact of all partners together ({grain})",
    "check": "feeds no fact ({grain}); it must add up with what does",
}


def as_dict(file: Path, outcome: Outcome) -> dict[str, Any]:
    """For JSON."""
    report: dict[str, Any] = {"file": printable(str(file)), "new": outcome.is_new}
    if outcome.receipt:
        report["receipt"] = outcome.receipt.model_dump(mode="json")
    if isinstance(outcome, ReceivedList):
        if outcome.parsed:
            report["seen"] = seen_list(outcome)
            report["counts"] = outcome.counts
            report["replaces"] = vars(outcome.change) if outcome.change else None
        return report
    if isinstance(outcome, ReceivedDocument):
        if outcome.parsed:
            report["seen"] = seen_document(outcome)
        if outcome.figures:
            report["figures"] = [{k: _plain_value(v) for k, v in r.items()} for r in outcome.figures.to_pylist()]
        return report
    if outcome.parsed and outcome.scope:
        report["seen"] = seen(outcome, outcome.scope)
        report["grain"], report["feeds"] = outcome.scope.grain, outcome.scope.feeds
        report["replaces"] = replaced(outcome.changes)
    return report


def replaced(changes: Sequence[MonthChange]) -> list[dict[str, Any]]:
    """For JSON; null where nothing is covered."""
    return [{"month": format_month(c.month), "old": c.old, "new": c.new} for c in changes]


def show_changes(changes: Sequence[MonthChange]) -> None:
    """Print what is replaced, month by month."""
    if changes:
        rows = [[format_month(c.month), *("not covered" if v is None else v for v in (c.old, c.new))] for c in changes]
        output.table(["month", "old total", "new total"], rows)


def show(file: Path, outcome: Outcome) -> None:
    """Print it: one line for a receipt, all that was seen for a dry run."""
    name = shown_name(file)
    if not outcome.is_new and outcome.receipt:
        output.line(f"{name}: nothing new, already received as {outcome.receipt.receipt_id}")
        return
    if isinstance(outcome, ReceivedList):
        _show_list(file, outcome)
        return
    if isinstance(outcome, ReceivedDocument):
        _show_document(name, outcome)
        return
    assert outcome.parsed is not None and outcome.scope is not None
    limits = "; " + FEEDS[outcome.scope.feeds].format(grain=outcome.scope.grain)
    if outcome.receipt:
        output.line(
            f"{name}: received as {outcome.receipt.receipt_id} (declared {declared(outcome.scope)}; "
            f"seen {describe(outcome.parsed)}{limits})"
        )
        return
    output.line(f"{name}: would be received; nothing has been changed{limits}")
    output.table(["seen", "value"], [[k, v] for k, v in seen(outcome, outcome.scope).items()])
    show_changes(outcome.changes)


def declared(scope: Scope) -> str:
    """What was declared, since no file says it."""
    return f"{scope.flow}s, hs {shown(scope.hs)}, partners {shown(scope.partners)}"


def seen(outcome: Received, scope: Scope) -> dict[str, Any]:
    """What the file itself says, beside what was declared of it."""
    parsed = outcome.parsed
    assert parsed is not None
    return {
        "declared": declared(scope),
        "layout": ", ".join(parsed.columns),
        "encoding": parsed.encoding,
        "currency": scope.currency,
        "months": shown(scope.months),
        "vintage": str(outcome.vintage),
        "rows": parsed.rows,
        "sum": parsed.value,
        "partners": list(parsed.partners),
        "code_prefixes": list(parsed.hs_chapters),
        "code_length": parsed.code_length,
    }


def _show_list(file: Path, outcome: ReceivedList) -> None:
    found = seen_list(outcome)
    if outcome.receipt:
        what = " ".join(str(found[key]) for key in ("list", "year", "language") if found[key])
        output.line(f"{file.name}: received as {outcome.receipt.receipt_id} (code list {what}, {found['rows']} codes)")
        return
    output.line(f"{file.name}: would be received; nothing has been changed")
    output.table(["seen", "value"], [[k, v] for k, v in found.items()])
    if outcome.change:
        change = outcome.change
        if outcome.counts:
            output.line(f"it would replace {change.receipt_id}:")
        else:
            output.line(f"it would not count, since {change.receipt_id} has a later vintage; against that one:")
        output.table(["added", "removed", "renamed"], [[change.added, change.removed, change.renamed]])


def seen_list(outcome: ReceivedList) -> dict[str, Any]:
    """What a code list says of itself."""
    parsed = outcome.parsed
    assert parsed is not None
    return {
        "list": parsed.list,
        "year": parsed.year,
        "language": parsed.language,
        "encoding": parsed.encoding,
        "vintage": str(outcome.vintage),
        "rows": parsed.rows,
        "units": list(parsed.units),
    }


def _show_document(name: str, outcome: ReceivedDocument) -> None:
    found = seen_document(outcome)
    if outcome.receipt:
        what = f"{found['table']}, {found['title']}, {found['rows']} figures"
        output.line(f"{name}: received as {outcome.receipt.receipt_id} ({what})")
        for remark in found["remarks"]:
            output.line(f"  remark: {remark}")
        return
    output.line(f"{name}: would be received; nothing has been changed")
    output.table(["seen", "value"], [[k, v] for k, v in found.items()])
    assert outcome.figures is not None
    # Columns in which no row says anything would push the others off the screen.
    columns = [c for c in outcome.figures.column_names if outcome.figures[c].null_count < outcome.figures.num_rows]
    rows = outcome.figures.select(columns).to_pylist()
    output.table(columns, [[_plain_value(value) for value in row.values()] for row in rows])


def _plain_value(value: object) -> object:
    """Months as YYYY-MM, decimals without their trailing zeros, text of others on one line."""
    if isinstance(value, dt.date):
        return format_month(value)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return printable(value) if isinstance(value, str) else value


def seen_document(outcome: ReceivedDocument) -> dict[str, Any]:
    """What a document says of itself."""
    parsed = outcome.parsed
    assert parsed is not None
    return {
        "table": parsed.table,
        "title": printable(parsed.title),
        "last_month": format_month(parsed.month),
        "encoding": parsed.encoding,
        "vintage": str(outcome.vintage),
        "rows": parsed.rows,
        "remarks": [printable(remark) for remark in parsed.remarks],
    }
