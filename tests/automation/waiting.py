"""Waiting for what another process does."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from typing import Any


def until(
    what: str,
    found: Callable[[], bool],
    process: subprocess.Popen[Any],
    said: Callable[[], str] = lambda: "",
    seconds: float = 300,
    pause: float = 0.1,
) -> None:
    """Wait for something to become true while a process lives; `said`: its last words, for who reads the failure;
    `pause`: seconds between two looks.
    """
    deadline = time.monotonic() + seconds
    while not found():
        assert process.poll() is None, f"the process ended before {what}: {said()}"
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}: {said()}"
        time.sleep(pause)
