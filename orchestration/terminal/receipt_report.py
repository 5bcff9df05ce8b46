"""What receiving one file comes to, for a person and for a program."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

from orchestration.base.months import format_month
from orchestration.base.plain import printable
from orchestration.landing.code_lists import ReceivedList
from orchestration.landing.documents import DocumentChange, ReceivedDocument
from orchestration.landing.fitting import describe
from orchestration.landing.names import shown_name
from orchestration.landing.preview import Changes
from orchestration.landing.receive import Received
from orchestration.landing.receivers import Outcome
from orchestration.landing.scope import Scope, shown
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
    report["remarks"] = [printable(remark) for remark in outcome.remarks]
    if isinstance(outcome, ReceivedList):
        if outcome.parsed:
            report["seen"] = seen_list(outcome)
            report["counts"] = outcome.counts
            report["replaces"] = vars(outcome.change) if outcome.change else None
        return report
    if isinstance(outcome, ReceivedDocument):
        if outcome.parsed:
            report["seen"] = seen_document(outcome)
            report["replaces"] = _document_change(outcome.change)
        if outcome.figures:
            report["figures"] = [{k: _plain_value(v) for k, v in r.items()} for r in outcome.figures.to_pylist()]
        return report
    if outcome.parsed and outcome.scope:
        report["seen"] = seen(outcome, outcome.scope)
        report["grain"], report["feeds"] = outcome.scope.grain, outcome.scope.feeds
        report["reaches"] = outcome.reach
        report["replaces"] = replaced(outcome.changes)
    return report


def replaced(changes: Changes) -> list[dict[str, Any]] | None:
    """For JSON; null where nothing is covered, null for all of it where it cannot be told."""
    if changes is None:
        return None
    return [{"month": format_month(c.month), "old": c.old, "new": c.new} for c in changes]


def _document_change(change: DocumentChange | None) -> dict[str, Any] | None:
    if change is None:
        return None
    changed = [{"figure": printable(c.figure), "old": str(c.old), "new": str(c.new)} for c in change.changed]
    return {**vars(change), "changed": changed}


def show_changes(changes: Changes) -> None:
    """Print what is replaced, month by month."""
    if changes is None:
        output.line("what it replaces is not known: the bytes of an earlier receipt cannot be read (see bonded doctor)")
    elif changes:
        rows = [[format_month(c.month), *("not covered" if v is None else v for v in (c.old, c.new))] for c in changes]
        output.table(["month", "old total", "new total"], rows)


def show(file: Path, outcome: Outcome) -> None:
    """Print it: for a receipt one line and what it replaces, for a dry run all that was seen; then what is odd."""
    name = shown_name(file)
    if not outcome.is_new and outcome.receipt:
        output.line(f"{name}: nothing new, already received as {outcome.receipt.receipt_id}")
    elif isinstance(outcome, ReceivedList):
        _show_list(name, outcome)
    elif isinstance(outcome, ReceivedDocument):
        _show_document(name, outcome)
    else:
        _show_trade(name, outcome)
    for remark in outcome.remarks:
        output.line(f"  remark: {printable(remark)}")


def _show_trade(name: str, outcome: Received) -> None:
    assert outcome.parsed is not None and outcome.scope is not None
    limits = "; " + FEEDS[outcome.scope.feeds].format(grain=outcome.scope.grain)
    if outcome.receipt:
        output.line(
            f"{name}: received as {outcome.receipt.receipt_id} (declared {declared(outcome.scope)}; "
            f"seen {describe(outcome.parsed)}{limits})"
        )
        _show_replaced(outcome.changes)
    else:
        output.line(f"{name}: would be received; nothing has been changed{limits}")
        output.table(["seen", "value"], [[k, v] for k, v in seen(outcome, outcome.scope).items()])
        show_changes(outcome.changes)
    if outcome.reach:
        output.line(f"  {outcome.reach}")


def _show_replaced(changes: Changes) -> None:
    """Print what a receipt has replaced: months that were covered before and have another total now."""
    before = [c for c in changes or () if c.old is not None]
    show_changes(None if changes is None else tuple(c for c in before if c.old != c.new))
    if same := sum(c.old == c.new for c in before):
        output.line(f"  {same} month{'s' if same > 1 else ''} as before")


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


def _show_list(name: str, outcome: ReceivedList) -> None:
    found = seen_list(outcome)
    if outcome.receipt:
        what = " ".join(str(found[key]) for key in ("list", "year", "language") if found[key])
        output.line(f"{name}: received as {outcome.receipt.receipt_id} (code list {what}, {found['rows']} codes)")
    else:
        output.line(f"{name}: would be received; nothing has been changed")
        output.table(["seen", "value"], [[k, v] for k, v in found.items()])
    if outcome.change:
        change = outcome.change
        output.line(_against(change.receipt_id, outcome.counts, is_done=outcome.receipt is not None))
        if change.added is None:
            output.line("  which codes that changes is not known: its bytes cannot be read (see bonded doctor)")
        else:
            output.table(["added", "removed", "renamed"], [[change.added, change.removed, change.renamed]])


def _against(receipt_id: str, counts: bool, *, is_done: bool) -> str:
    """What a new list or document does to an earlier one."""
    if counts:
        return f"it {'replaces' if is_done else 'would replace'} {receipt_id}:"
    return f"it {'does' if is_done else 'would'} not count, since {receipt_id} has a later vintage; against that one:"


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
    else:
        output.line(f"{name}: would be received; nothing has been changed")
        output.table(["seen", "value"], [[k, v] for k, v in found.items()])
        _show_figures(outcome)
    if outcome.change:
        _show_document_change(outcome.change, is_done=outcome.receipt is not None)


def _show_document_change(change: DocumentChange, *, is_done: bool) -> None:
    if change.same is None:
        output.line(f"what it changes against {change.receipt_id} is not known: its bytes cannot be read")
    elif change.same or change.changed:
        output.line(_against(change.receipt_id, change.counts, is_done=is_done))
        if change.changed:
            rows = [[printable(c.figure), _plain_value(c.old), _plain_value(c.new)] for c in change.changed]
            output.table(["figure", "old", "new"], rows)
        output.line(f"  {change.same} figures as before")


def _show_figures(outcome: ReceivedDocument) -> None:
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
