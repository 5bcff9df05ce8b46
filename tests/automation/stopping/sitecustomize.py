"""A process that has this folder on its PYTHONPATH stops where a test wants it: production code knows nothing of it.

`STOP_AT`: the point. There the process writes its pid into `STOP_HERE` and stays in a query that hears nothing; a
switch goes on as soon as `STOP_GO` is there.
"""

from __future__ import annotations

import contextlib
import importlib.machinery
import os
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

#: By point the module, what it calls, and at which call it stops.
POINTS = {
    # The bytes lie in landing, their record does not.
    "inbox": ("orchestration.landing.store", "Landing.append", 1),
    # One month of a receipt is written, the other is not.
    "raw": ("orchestration.warehouse.raw", "_write_month", 2),
    # In a thread of dbt's, some models built.
    "dbt": ("dbt.task.run", "ModelRunner.execute", 8),
    "candidate": ("orchestration.releases.candidate", "write_parquet", 1),
    "audit": ("orchestration.gates.bench", "gather", 2),
    # The folder lies among the releases, `current` does not point to it.
    "switch": ("orchestration.releases.store", "Releases.switch", 1),
}


class _Finder:
    """Imports the module of the point, then lets it stop there."""

    def __init__(self, point: str) -> None:
        self.module, self.called, self.left = POINTS[point]

    def find_spec(self, name: str, path: Any = None, _: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name != self.module:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        assert spec is not None and spec.loader is not None
        run: Any = spec.loader.exec_module

        def run_and_change(module: ModuleType) -> None:
            run(module)
            *owner, attribute = self.called.split(".")
            holder = getattr(module, owner[0]) if owner else module
            setattr(holder, attribute, self._stopping(getattr(holder, attribute)))

        spec.loader.exec_module = run_and_change  # type: ignore[method-assign]
        return spec

    def _stopping(self, function: Any) -> Any:
        def stopping(*given: Any, **said: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                _stay()
            return function(*given, **said)

        return stopping


def _stay() -> None:
    here, go = Path(os.environ["STOP_HERE"]), Path(os.environ["STOP_GO"])
    aside = here.with_suffix(".part")
    aside.write_text(str(os.getpid()))
    aside.replace(here)
    if os.environ["STOP_AT"] == "switch":
        while not go.exists():
            time.sleep(0.02)
        return
    import duckdb

    with duckdb.connect(config={"threads": "1"}) as con:
        for _ in range(2):
            # As a library may.
            with contextlib.suppress(KeyboardInterrupt, RuntimeError):
                con.execute("select max(hash(range)) from range(1_000_000_000_000)").fetchall()


if "STOP_AT" in os.environ:
    sys.meta_path.insert(0, _Finder(os.environ["STOP_AT"]))  # type: ignore[arg-type]
