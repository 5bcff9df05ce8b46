"""Try every fault and write `docs/faults.md` from what happened."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.faults.page import PAGE, render
from tests.faults.suite import FAULTS, Suite


def main() -> None:
    """Say which faults did not end as expected, and write the page all the same: the difference shows where."""
    with tempfile.TemporaryDirectory() as folder:
        results = Suite(Path(folder), FAULTS).results()
    for name, result in results.items():
        if result != FAULTS[name].expected:
            print(f"{name}:\n  expected {FAULTS[name].expected}\n  found    {result}")
    PAGE.write_text(render(results), encoding="utf-8")


if __name__ == "__main__":
    main()
