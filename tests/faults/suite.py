"""All faults in their order, tried once each, and the gates that they trip.

Belongs here: the whole of the suite. Not here: single faults, and how they are shown (`page`).
"""

from __future__ import annotations

from pathlib import Path

from tests.faults import arriving, built, gate_files, raw, reviewed
from tests.faults.bench import Bench
from tests.faults.table import Fault, Result, try_out

#: Where a fault is put in, and which there are.
PLACES: dict[str, tuple[Fault, ...]] = {
    "Files that arrive, and are refused": arriving.REFUSED,
    "Files that arrive, are received and built": arriving.CAUGHT,
    "Landing and raw": raw.RAW,
    "The build database": built.BUILT,
    "What is reviewed, and the calendar": reviewed.REVIEWED,
    "The gates themselves": gate_files.FILES,
}
FAULTS = {fault.name: fault for faults in PLACES.values() for fault in faults}


class Suite:
    """The faults on one bench; what was tried is not tried again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._bench: Bench | None = None
        self._results: dict[str, Result] = {}

    def result(self, name: str) -> Result:
        """What comes of a fault."""
        if name not in self._results:
            self._bench = self._bench or Bench(self._folder)
            self._results[name] = try_out(self._bench, FAULTS[name])
        return self._results[name]

    def results(self) -> dict[str, Result]:
        """What comes of each, in order."""
        return {name: self.result(name) for name in FAULTS}
