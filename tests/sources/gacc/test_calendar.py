"""When months come out: rules and known exceptions."""

from __future__ import annotations

import pytest

from orchestration.base.months import parse_month
from orchestration.sources.gacc.calendar import bulletin_release_from, is_combined_release


@pytest.mark.parametrize(
    ("month", "first_day", "is_combined"),
    [
        ("2019-01", "2019-02-18", False),
        ("2019-02", "2019-03-18", False),
        ("2019-12", "2020-01-18", False),
        ("2020-01", "2020-03-18", True),
        ("2020-02", "2020-03-18", True),
        ("2020-03", "2020-04-18", False),
        ("2018-04", "2018-05-18", False),
        ("2022-09", "2022-10-24", False),
        ("2024-12", "2025-01-18", False),
    ],
)
def test_bulletins(month: str, first_day: str, is_combined: bool) -> None:
    """January waits for February since 2020; the details were suspended in 2018, the bulletins were not."""
    assert str(bulletin_release_from(parse_month(month))) == first_day
    assert is_combined_release(parse_month(month)) is is_combined
