"""All faults in their order, tried once each, and the gates that they trip.

Belongs here: the whole of the suite. Not here: single faults, and how they are shown (`page`).
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from tests.faults import arriving, at_the_door, built, gate_files, raw, reviewed, shown, sums
from tests.faults.bench import Bench
from tests.faults.table import Fault, Result, try_out

#: How the words of a gate begin, or go on, where it catches a fault.
CATCHES = ("broken", "failed", "warned", "not compared")
#: Where a fault is put in, and which there are.
PLACES: dict[str, tuple[Fault, ...]] = {
    "Files that arrive, and are refused": at_the_door.REFUSED,
    "Files that arrive, are received and built": (*arriving.CAUGHT, *sums.SUMS),
    "Landing and raw": raw.RAW,
    "The build database": built.BUILT,
    "The page": shown.SHOWN,
    "What is reviewed, and the calendar": reviewed.REVIEWED,
    "The gates themselves": gate_files.FILES,
}
FAULTS = {fault.name: fault for faults in PLACES.values() for fault in faults}


def kinds(fault: Fault) -> frozenset[tuple[str, ...]]:
    """What a fault is an example of: its outcome, and each gate that catches it. Every refusal is one of its own, and
    limits are of one kind where they lie in one place.
    """
    expected, outcome = fault.expected, fault.expected.outcome
    alone = fault.name if outcome in ("refused", "known") else ""
    within = next(place for place, faults in PLACES.items() if fault in faults) if fault.is_within else ""
    found = {(gate,) for gate, text in expected.finds.items() if any(word in text for word in CATCHES)}
    return frozenset({(outcome, alone or within), *found})


def one_of_each_kind() -> dict[str, Fault]:
    """Few faults of which each other one is an example, those of many kinds first; by name."""
    chosen: dict[str, Fault] = {}
    unseen = {kind for fault in FAULTS.values() for kind in kinds(fault)}
    while unseen:
        best = max(FAULTS.values(), key=lambda fault: len(kinds(fault) & unseen))
        chosen[best.name] = best
        unseen -= kinds(best)
    return {name: fault for name, fault in FAULTS.items() if name in chosen}


def one_of_each_outcome() -> set[str]:
    """Of the faults of each kind, the first of each outcome; by name."""
    return set({fault.expected.outcome: name for name, fault in reversed(one_of_each_kind().items())}.values())


class Suite:
    """The faults on one bench; what was tried is not tried again. `wholly`: names of those that are published."""

    def __init__(self, folder: Path, wholly: Collection[str]) -> None:
        self._folder = folder
        self._wholly = wholly
        self._bench: Bench | None = None
        self._results: dict[str, Result] = {}

    def result(self, name: str) -> Result:
        """What comes of a fault."""
        if name not in self._results:
            self._bench = self._bench or Bench(self._folder)
            self._results[name] = try_out(self._bench, FAULTS[name], wholly=name in self._wholly)
        return self._results[name]

    def results(self) -> dict[str, Result]:
        """What comes of each, in order."""
        return {name: self.result(name) for name in FAULTS}
