"""What the page of an audit is made of: comparisons, months, gates, sentences, as plain text values.

Belongs here: shapes. Not here: how a report becomes them (`report`), nor how they look (`audit.html.j2`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orchestration.gates.audit import GateOutcome

Tally = Mapping[str, int]


@dataclass(frozen=True)
class Line:
    """One comparison as it is read: months YYYY-MM, figures grouped by thousands, None where there is nothing."""

    verdict: str
    gate: str
    dataset: str | None
    month: str | None
    scope: str | None
    measure: str | None
    expected: str | None
    actual: str | None
    difference: str | None
    tolerance: str | None
    n_compared: str | None
    waived_by: str | None
    reason: str | None
    reference: str | None

    @property
    def place(self) -> str:
        """Where it was found: dataset, month, scope and measure, as far as they are known."""
        return ", ".join(part for part in (self.dataset, self.month, self.scope, self.measure) if part)

    @property
    def has_figures(self) -> bool:
        """Whether two sides were there to compare, or at least one."""
        return self.expected is not None or self.actual is not None


@dataclass(frozen=True)
class Table:
    """The lines that are shown, and how many of each verdict are left out."""

    lines: tuple[Line, ...]
    left_out: Tally


@dataclass(frozen=True)
class Sentences:
    """The worst findings of one kind, to be told in words."""

    title: str
    table: Table


@dataclass(frozen=True)
class Cell:
    """One month of one gate, in words: `2024-05: 2 failed, 3 passed`."""

    verdict: str
    words: str


@dataclass(frozen=True)
class Strip:
    """The twelve months of a year; None where the gate says nothing of a month."""

    year: int
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class GateView:
    """One gate: its outcome, its months, its comparisons, and what it could not compare.

    `strips` is empty if no row has a month. `undated`: verdicts of the rows without one; `remark`: what they say.
    `reference`: where it is the same for all, else None.
    """

    outcome: GateOutcome
    counts: Tally
    strips: tuple[Strip, ...]
    undated: Tally
    remark: str | None
    compared: Table
    silent: Table
    reference: str | None

    @property
    def is_open(self) -> bool:
        """Whether its table needs to be read."""
        return self.outcome.verdict in ("broken", "failed", "warned")


@dataclass(frozen=True)
class Page:
    """What the template lays out. `tone`: the verdict whose colour the headline takes. `titles`: by name of gate;
    `told`: sentences above the verdict; `beside`: the file that shows the figures, if one was drawn.
    """

    subject: str
    beside: str
    is_synthetic: bool
    told: tuple[str, ...]
    tone: str
    headline: str
    lead: str
    extent: str
    reach: tuple[str, ...]
    counts: Tally
    sentences: tuple[Sentences, ...]
    gates: tuple[GateView, ...]
    titles: Mapping[str, str]
