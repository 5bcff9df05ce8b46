"""Which months of which streams are built anew: a stream that says nothing new has none."""

from __future__ import annotations

import datetime as dt

from orchestration.warehouse.units import Units, only_adding, stale_months, struck_out, together

CHINA, OTHER = "gacc CHN import", "other DEU import"
JANUARY, FEBRUARY, MARCH = (dt.date(2024, month, 1) for month in (1, 2, 3))
HELD: Units = {CHINA: {JANUARY: "a", FEBRUARY: "b"}}


def test_a_quiet_stream_has_nothing_that_is_stale() -> None:
    """Another one may print its year anew, begin, or go."""
    assert stale_months(HELD, HELD) == {}
    assert stale_months({**HELD, OTHER: {JANUARY: "c"}}, HELD) == {OTHER: [JANUARY]}
    assert stale_months(HELD, {**HELD, OTHER: {MARCH: "c", JANUARY: "c"}}) == {OTHER: [JANUARY, MARCH]}
    assert stale_months({CHINA: {JANUARY: "a", FEBRUARY: "x"}}, HELD) == {CHINA: [FEBRUARY]}


def test_months_are_only_added_if_they_lie_behind_what_their_own_stream_has() -> None:
    """A stream that begins adds only, however early its months."""
    assert only_adding({CHINA: [MARCH]}, HELD) and only_adding({}, HELD)
    assert only_adding({CHINA: [MARCH], OTHER: [JANUARY]}, HELD)
    assert not only_adding({CHINA: [FEBRUARY, MARCH]}, HELD)
    assert not only_adding({CHINA: [MARCH], OTHER: [JANUARY]}, {**HELD, OTHER: {JANUARY: "c"}})


def test_what_is_at_work_is_struck_out_and_nothing_else() -> None:
    """Of another stream, and of other months, what is known stays known."""
    both: Units = {**HELD, OTHER: {JANUARY: "c"}}
    assert struck_out(both, {CHINA: [FEBRUARY, MARCH]}) == {
        CHINA: {JANUARY: "a", FEBRUARY: "", MARCH: ""}, OTHER: {JANUARY: "c"}
    }  # fmt: skip
    assert together([{CHINA: [MARCH]}, {CHINA: [JANUARY], OTHER: []}]) == {CHINA: [JANUARY, MARCH]}
