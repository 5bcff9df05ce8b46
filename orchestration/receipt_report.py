"""What receiving one file comes to, for a person and for a program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from orchestration import output
from orchestration.landing.names import shown_name
from orchestration.landing.receive import Received
from orchestration.landing.scope import Scope, describe, shown
from orchestration.plain import printable
from orchestration.release_calendar import format_month


def as_dict(file: Path, outcome: Received) -> dict[str, Any]:
    """For JSON."""
    report: dict[str, Any] = {"file": printable(str(file)), "new": outcome.is_new}
    if outcome.receipt:
        report["receipt"] = outcome.receipt.model_dump(mode="json")
    if outcome.parsed and outcome.scope:
        report["seen"] = seen(outcome, outcome.scope)
        report["feeds_fact"] = outcome.scope.feeds_fact
        report["replaces"] = [{"month": format_month(c.month), "old": c.old, "new": c.new} for c in outcome.changes]
    return report


def show(file: Path, outcome: Received) -> None:
    """Print it: one line for a receipt, all that was seen for a dry run."""
    name = shown_name(file)
    if not outcome.is_new and outcome.receipt:
        output.line(f"{name}: nothing new, already received as {outcome.receipt.receipt_id}")
        return
    assert outcome.parsed is not None and outcome.scope is not None
    limits = "" if outcome.scope.feeds_fact else "; limited to some regimes or provinces, so it feeds no fact"
    if outcome.receipt:
        output.line(
            f"{name}: received as {outcome.receipt.receipt_id} (declared {declared(outcome.scope)}; "
            f"seen {describe(outcome.parsed)}{limits})"
        )
        return
    output.line(f"{name}: would be received; nothing has been changed{limits}")
    output.table(["seen", "value"], [[k, v] for k, v in seen(outcome, outcome.scope).items()])
    output.table(
        ["month", f"old total {outcome.scope.currency}", "new total"],
        [[format_month(c.month), "not covered" if c.old is None else c.old, c.new] for c in outcome.changes],
    )


def declared(scope: Scope) -> str:
    """What was declared, since no file says it."""
    return f"{scope.flow}s, hs {shown(scope.hs)}, partners {shown(scope.partners)}"


def seen(outcome: Received, scope: Scope) -> dict[str, Any]:
    """What the file itself says, beside what was declared of it."""
    parsed = outcome.parsed
    assert parsed is not None
    return {
        "declared": declared(scope),
        "layout": ", ".join(parsed.layout.concepts),
        "encoding": parsed.encoding,
        "currency": scope.currency,
        "months": shown(scope.months),
        "vintage": str(outcome.vintage),
        "rows": parsed.rows,
        "sum": sum(m.value for m in parsed.months),
        "partners": list(parsed.partners),
        "code_prefixes": list(parsed.hs_chapters),
    }
