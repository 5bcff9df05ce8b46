"""What a run costs, stage by stage: CPU seconds and seconds of waiting, each without the stages within it; memory.

Belongs here: how it is measured. Not here: what is measured (`run`, `hand`, `audit`).
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from pkgutil import resolve_name
from typing import Any
from unittest import mock

from orchestration.sources.catalogue import SOURCES

#: The stages of a run, in order: `candidate` writes the file, `audit` judges it, `switch` makes it the release. What
#: lies between these is `release`: content hashes, the verdict beside the file, Dagster's events.
STAGES = ("inbox", "raw", "dimensions", "facts", "marts", "candidate", "audit", "switch", "release")
#: Steps of the job by the stage that they are.
STEPS = {
    "landing_receipts": "inbox", **{f"raw_{name}": "raw" for name in SOURCES}, "dbt_dimensions": "dimensions",
    "dbt_facts": "facts", "dbt_marts": "marts", "release": "release",
}  # fmt: skip
#: Functions of a job that are a stage of their own.
CALLS = {
    "orchestration.releases.candidate.build": "candidate",
    "orchestration.releases.publish.audit": "audit",
    "orchestration.releases.store.Releases.add": "switch",
}


@dataclass(frozen=True)
class Cost:
    """CPU seconds (user and system, children included) and seconds of waiting of a process; its peak memory in MB.

    `stages`: CPU seconds of each part, by name; `said`: what the process had to say.
    """

    cpu: float
    wall: float
    peak: float
    stages: dict[str, float] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)

    @property
    def rest(self) -> float:
        """CPU seconds outside all stages: Python, imports, Dagster, the end of the process."""
        return self.cpu - sum(self.stages.values())


def cpu_seconds() -> float:
    """Of this process and of its children that have ended."""
    return sum(os.times()[:4])


def peak() -> float:
    """Peak memory of this process in MB; `getrusage` would begin with that of the process which started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) * 1_024 / 1e6


class Meter:
    """Counts the CPU seconds of stages that may lie within each other."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}
        self._open: list[str] = []
        self._last = 0.0

    def _spend(self) -> None:
        now = cpu_seconds()
        if self._open:
            self.stages[self._open[-1]] = self.stages.get(self._open[-1], 0) + now - self._last
        self._last = now

    def enter(self, stage: str) -> None:
        """A stage begins; the one around it rests."""
        self._spend()
        self._open.append(stage)

    def leave(self) -> None:
        """The stage that began last has ended."""
        self._spend()
        self._open.pop()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """What is done within belongs to that stage."""
        self.enter(name)
        try:
            yield
        finally:
            self.leave()

    def timed(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """A function as a stage."""

        def stage(*args: Any, **said: Any) -> Any:
            with self.stage(name):
                return call(*args, **said)

        return stage

    @contextmanager
    def of_a_run(self) -> Iterator[None]:
        """Runs within are measured by `STAGES`. Nothing is imported that a run without anything to do does without."""
        from orchestration.terminal import run

        execute = run._execute

        def executed(*args: Any) -> Any:
            with self._of_a_job():
                return execute(*args)

        with (
            mock.patch.object(run, "take_in", self.timed("inbox", run.take_in)),
            mock.patch.object(run, "_execute", executed),
        ):
            yield

    @contextmanager
    def _of_a_job(self) -> Iterator[None]:
        from orchestration.automation import progress

        def emit(_: object, record: logging.LogRecord) -> None:
            meta = getattr(record, "dagster_meta", {})
            event = meta.get("dagster_event") if isinstance(meta, dict) else getattr(meta, "dagster_event", None)
            if event and event.event_type_value == "STEP_START":
                self.enter(STEPS[event.step_key])
            elif event and event.event_type_value in ("STEP_SUCCESS", "STEP_FAILURE"):
                self.leave()

        with ExitStack() as stack:
            stack.enter_context(mock.patch.object(progress._StepLines, "emit", emit))
            for place, name in CALLS.items():
                stack.enter_context(mock.patch(place, self.timed(name, resolve_name(place))))
            yield


def answer(said: dict[str, Any], **cost: Any) -> None:
    """What a measured process prints last, for `in_a_process`; `cost`: fields of `Cost` that it has measured itself."""
    print(json.dumps({"peak": peak(), **cost, "said": said}))


def in_a_process(module: str, *args: str, **environment: str) -> Cost:
    """Run `python -m benchmarks.<module> …` and measure it from its start to its end; exits if it fails."""
    before, begun = os.times(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{module}", *args],
        stdout=subprocess.PIPE, text=True, check=False, env={**os.environ, **environment},
    )  # fmt: skip
    wall, after = time.perf_counter() - begun, os.times()
    if done.returncode:
        sys.exit(f"benchmarks.{module} {' '.join(args)} failed:\n{done.stdout}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(**{"cpu": cpu, "wall": wall, **json.loads(done.stdout.splitlines()[-1])})
