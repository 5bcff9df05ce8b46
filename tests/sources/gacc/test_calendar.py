"""When months come out: rules and known exceptions, and the file that models read."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from orchestration.base.months import parse_month
from orchestration.base.settings import Home
from orchestration.landing.store import Landing
from orchestration.sources.gacc.calendar import bulletin_release_from, is_combined_release
from orchestration.warehouse import snapshot


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


def test_what_models_see_of_the_calendar(home: Home, tmp_path: Path) -> None:
    """Every month from 2015 to 2050 once, whatever landing holds."""
    snapshot.write(Landing(home).state(), tmp_path)
    rows = pq.read_table(tmp_path / "calendar.parquet").to_pylist()
    assert [row["month"] for row in rows] == [dt.date(y, m, 1) for y in range(2015, 2051) for m in range(1, 13)]
    found = {f"{row.pop('month'):%Y-%m}": row for row in rows}
    assert found["2025-01"] == {
        "detail_release": dt.date(2025, 3, 20),
        "bulletin_release_from": dt.date(2025, 3, 18),
        "is_combined_release": True,
    }
    assert found["2018-04"]["detail_release"] == dt.date(2018, 7, 20)
