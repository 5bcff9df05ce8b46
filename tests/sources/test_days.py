"""Each source has its own day: what is due, and the vintage of a file that declares none."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.base.today import today_in
from orchestration.gates.reference import promises
from orchestration.landing import due
from orchestration.landing.datasets import Dataset
from orchestration.landing.due import dataset_status
from orchestration.landing.receive import receive
from orchestration.landing.store import Landing
from orchestration.sources.catalogue import DOCUMENTS, LIST_SOURCES, time_zone_of
from orchestration.sources.gacc.offer import OFFER as GACC
from tests.conftest import declared, row, write_csv
from tests.second_source import OTHER, offer

#: On the 20th in Beijing, the 19th in UTC and in Los Angeles; and three weeks later the 14th and the 13th.
TWENTIETH, FOURTEENTH = "2024-11-20T05:00:00+08:00", "2025-01-14T05:00:00+08:00"


@pytest.fixture(autouse=True)
def _second(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch)


def pin(monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """The moment at which everybody looks at the clock."""
    at = dt.datetime.fromisoformat(moment).astimezone(dt.UTC)
    monkeypatch.setattr("orchestration.base.today.now", lambda: at)


def test_one_moment_is_another_day_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """And one pin holds for all."""
    pin(monkeypatch, TWENTIETH)
    assert (GACC.today(), OTHER.today(), today_in()) == (
        dt.date(2024, 11, 20),
        dt.date(2024, 11, 19),
        dt.date(2024, 11, 19),
    )


def test_every_source_says_whose_day_it_is() -> None:
    """Of trade, lists and documents."""
    assert time_zone_of("other") == "America/Los_Angeles"
    zones = {name: time_zone_of(name) for name in (*LIST_SOURCES, *DOCUMENTS)}
    assert zones.pop("comtrade_annual") == "UTC" and set(zones.values()) == {"Asia/Shanghai"}


@pytest.mark.parametrize(
    ("moment", "china", "others"), [(TWENTIETH, "2024-10", "2024-09"), (FOURTEENTH, "2024-11", "2024-10")]
)
def test_what_is_due_is_asked_of_the_source(
    home: Home, monkeypatch: pytest.MonkeyPatch, moment: str, china: str, others: str
) -> None:
    """Its calendar on its own day: on the 13th in Los Angeles the month of the 14th is not out."""
    pin(monkeypatch, moment)
    said = {"title": "t", "flow": "import", "hs": "8542", "first": "2024-01", "last": "open"}
    datasets = {
        "china": Dataset.model_validate({**said, "source": "gacc", "partners": "502", "currency": "USD"}),
        "others": Dataset.model_validate(
            {**said, "source": "other", "reporter": "DEU", "partners": "US", "currency": "EUR"}
        ),
    }
    monkeypatch.setattr(due, "load_datasets", lambda: datasets)
    monkeypatch.setattr("orchestration.landing.state.LandingState.dataset_names", {"china", "others"})
    state = Landing(home).state()
    last = {status.name: f"{status.due[-1]:%Y-%m}" for status in dataset_status(home, state)}
    assert last == {"china": china, "others": others}
    with duckdb.connect() as con:
        promises(con, state, datasets)
        found = con.execute("select dataset, strftime(max(month), '%Y-%m') from promise group by 1").fetchall()
    assert dict(found) == last


def test_a_vintage_is_the_source_s_day(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The month that ended in Beijing an hour ago is known there; a vintage of tomorrow there lies in the future."""
    pin(monkeypatch, "2024-12-01T01:00:00+08:00")
    file = write_csv(tmp_path / "a.csv", [row("202411")])
    with pytest.raises(RefusalError, match="today in Beijing: 2024-12-01"):
        receive(home, file, declared(vintage="2024-12-02"))
    flags = declared().model_copy(update={"vintage": None})
    received = receive(home, file, flags).receipt
    assert received is not None and received.vintage == dt.date(2024, 12, 1)


def test_the_months_that_came_out_last() -> None:
    """By the calendar of the source; before its first month is out there is none."""
    assert OTHER.last_out(dt.date(2025, 1, 14)) == (dt.date(2024, 11, 1),)
    assert OTHER.last_out(dt.date(2010, 3, 13)) == () and OTHER.last_out(dt.date(2010, 3, 14)) == (dt.date(2010, 1, 1),)
    assert GACC.last_out(dt.date(2024, 3, 20)) == (dt.date(2024, 1, 1), dt.date(2024, 2, 1))
