"""`docs/faults.md`: the matrix of faults and gates, and what each gate says, from results alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from orchestration.base.settings import PROJECT
from orchestration.gates.suites import declared_gates
from tests.faults.suite import FAULTS, PLACES
from tests.faults.table import Result

PAGE = PROJECT / "docs" / "faults.md"
SIGNS = {"broken": "broken", "failed": "**block**", "warned": "warn", "waived": "waived", "not compared": "silent"}
OUTCOMES = {
    "failed": "nothing is published",
    "published": "published, with what is said here",
    "refused": "refused, nothing is changed",
    "known": "known already, nothing is changed",
}
HEAD = """# Faults

What the gates catch, shown by putting each fault in on purpose: part of the sample, in which one file, table or gate
was made wrong. `tests/faults` holds the faults and what is expected of each; `python -m tests.faults` writes this page
from what happened. The rules stand in [rules.md](rules.md).

* **block**: the gate fails, and nothing is published. *broken*: the gate could not judge, and nothing is published.
* *warn*: it is published, and the release shows the warning. *waived*: by a known exception, visibly.
* *silent*: the gate no longer compares what it compared before, and says why.
* *refused*: the file is not received, or the audit does not begin.
* Every fault goes the whole way to the publication (`make test-long`); `make test` audits one of each kind.

Figures: expected → actual (difference) of the worst comparison. What is expected, two figures that
the press printed wrong ([rules.md](rules.md), "Grades"), is left out.
"""


def render(results: Mapping[str, Result]) -> str:
    """The page."""
    gates = list(declared_gates(PROJECT / "expectations"))
    parts = [HEAD]
    for place, faults in PLACES.items():
        of_place = {fault.name: results[fault.name] for fault in faults}
        parts += [f"## {place}\n", *([] if place.endswith("refused") else [matrix(of_place, gates)])]
        parts += ["".join(_told(name, result) for name, result in of_place.items())]
    return "\n".join(parts)


def matrix(results: Mapping[str, Result], gates: Iterable[str]) -> str:
    """Faults down, gates across."""
    columns = [gate for gate in gates if any(gate in result.finds for result in results.values())]
    lines = [["fault", *columns], ["---"] * (len(columns) + 1)]
    lines += [[name, *(_sign(result, gate) for gate in columns)] for name, result in results.items()]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _sign(result: Result, gate: str) -> str:
    """How a gate fires, at its worst."""
    text = result.finds.get(gate, "")
    return next((sign for verdict, sign in SIGNS.items() if text.startswith(verdict)), "")


def _told(name: str, result: Result) -> str:
    """One fault with what each gate says of it."""
    outcome = "within the limits, published" if FAULTS[name].is_within else OUTCOMES[result.outcome]
    lines = [f"* **{name}**: {outcome}" + (f": {result.says}" if result.says else "")]
    return "\n".join([*lines, *(f"  * `{gate}` {text}" for gate, text in result.finds.items())]) + "\n"
