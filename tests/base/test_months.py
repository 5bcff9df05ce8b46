"""Months as they are typed and written."""

from __future__ import annotations

import datetime as dt

import pytest

from orchestration.base.months import month_range, parse_month, parse_months, spans

LAST = dt.date(9999, 12, 1)


def test_a_span_is_from_its_first_to_its_last_month() -> None:
    assert parse_months("2024-10") == (dt.date(2024, 10, 1), dt.date(2024, 10, 1))
    assert parse_months("2024-01 .. 2024-10") == (dt.date(2024, 1, 1), dt.date(2024, 10, 1))
    assert spans(month_range(*parse_months("2023-11..2024-02"))) == "2023-11..2024-02"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2024-01..", "has no last month"),
        ("..2024-01", "has no first month"),
        ("..", "has no first month"),
        ("", "'' is not a month"),
        ("2024-05..2024-01", "the last month lies before the first"),
        ("2024-01...2024-02", "'.2024-02' is not a month"),
        ("2024-13", "there are twelve of them"),
        ("0000-01", "years are counted from 1"),
    ],
)
def test_what_is_no_span_says_why(text: str, said: str) -> None:
    """An open end is none: it would be taken for one month, or for all that there are."""
    with pytest.raises(ValueError, match=said):
        parse_months(text)


def test_months_end_with_the_calendar() -> None:
    assert list(month_range(parse_month("9999-11"), LAST)) == [dt.date(9999, 11, 1), LAST]
    assert list(month_range(LAST, dt.date(2024, 1, 1))) == []
