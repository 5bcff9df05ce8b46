"""Each fault trips the gates that it must, in its months and with its figures, and no other; nothing is published."""

from __future__ import annotations

import pytest

from orchestration.base.settings import PROJECT
from orchestration.gates.suites import declared_gates
from tests.conftest import many
from tests.faults.page import PAGE, render
from tests.faults.suite import CATCHES, FAULTS, PLACES, Suite, one_of_each_kind, one_of_each_outcome


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """All faults share one bench."""
    return Suite(tmp_path_factory.mktemp("faults"), many(one_of_each_outcome(), FAULTS))


def test_no_two_faults_have_one_name() -> None:
    """The later one would hide the earlier."""
    assert len(FAULTS) == sum(map(len, PLACES.values()))


@pytest.mark.series
@pytest.mark.own_run("faults are put into a home, which is set back after each")
@pytest.mark.parametrize("name", many(one_of_each_kind(), FAULTS))
def test_a_fault_ends_as_it_must(suite: Suite, name: str) -> None:
    """Outcome, gates, months, figures and words; that readers see no more than that is checked where it is tried."""
    assert suite.result(name) == FAULTS[name].expected


@pytest.mark.parametrize("name", [name for name, fault in FAULTS.items() if not fault.is_within])
def test_every_fault_is_caught(name: str) -> None:
    """By a refusal, or by a gate that blocks, warns, is broken, or says that it no longer compares."""
    expected = FAULTS[name].expected
    caught = any(text.startswith(CATCHES) for text in expected.finds.values())
    assert caught or expected.outcome == "known" or (expected.outcome == "refused" and expected.says)


@pytest.mark.parametrize("name", [name for name, fault in FAULTS.items() if fault.is_within])
def test_what_is_within_the_limits_passes(name: str) -> None:
    """Nothing fires but what is waived."""
    expected = FAULTS[name].expected
    assert expected.outcome == "published" and all(t.startswith("waived") for t in expected.finds.values())


def test_every_gate_is_tripped_by_a_fault_of_figures() -> None:
    """A gate that only its own broken files can trip proves nothing of what it inspects; one is always tried. What a
    candidate alone has is in no build database: `tests/gates/test_corrections.py` edits it.
    """
    always = one_of_each_kind()
    tripped = {
        gate
        for place, faults in PLACES.items()
        if place != "The gates themselves"
        for fault in faults
        if fault.name in always
        for gate, text in fault.expected.finds.items()
        if text.startswith(("failed", "warned"))
    }
    assert tripped == set(declared_gates(PROJECT / "expectations")) - {"corrections"}


def test_the_page_tells_what_happened() -> None:
    """What was expected, which is what happened; `python -m tests.faults` writes it anew."""
    assert PAGE.read_text(encoding="utf-8") == render({name: fault.expected for name, fault in FAULTS.items()})
