"""A run that is interrupted ends within seconds, unpublished; once the switch has begun, published whole."""

from __future__ import annotations

import signal
import time

import pytest

from orchestration.base.settings import Home
from orchestration.releases.store import Releases
from tests.automation.stopped import arrive, come_to, is_green, nothing_left, whole
from tests.conftest import many, published, value

INT, TERM = signal.SIGINT, signal.SIGTERM
POINTS = ("inbox", "raw", "dbt", "candidate", "audit", "switch")


@pytest.fixture(autouse=True)
def events() -> None:
    """Keep Dagster's events where the next run finds them."""


@pytest.mark.series
@pytest.mark.own_run("runs are interrupted, and the next one is green")
def test_an_interrupted_run_ends_and_the_next_is_green(small: Home) -> None:
    """In each phase of `bonded run`."""
    examples = many((("raw", TERM),), [(point, how) for point in POINTS for how in (INT, TERM)])
    number = 0
    for number, (point, how) in enumerate(examples, start=1):
        arrive(small, number)
        before, shown = Releases(small).current_id(), value(small, "2024-03")
        run = come_to(small, point)
        asked = time.monotonic()
        run.tell(how)
        if point == "switch":
            run.go.touch()
        ended = run.ended()
        assert time.monotonic() - asked < 5, (point, how, run.said())
        assert "Traceback" not in run.said() and "Interrupted: " in run.said(), (point, how, run.said())
        if point == "switch":
            assert value(small, "2024-03") == number
        else:
            assert ended != 0 and Releases(small).current_id() == before and value(small, "2024-03") == shown
        whole(small)
    published(small)
    assert is_green(small, number)
    nothing_left(small)
