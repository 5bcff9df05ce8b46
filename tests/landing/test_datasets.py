"""datasets.yml is read strictly; what is due follows the release calendar."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.months import month_range, parse_month
from orchestration.base.settings import PROJECT, Home
from orchestration.landing.datasets import Dataset, load_datasets
from orchestration.landing.due import dataset_status, queries
from orchestration.landing.receive import receive
from orchestration.landing.scope import Declaration
from orchestration.landing.store import Landing
from orchestration.sources.gacc import calendar
from orchestration.sources.gacc.offer import OFFER
from orchestration.sources.gacc.parse import TRUNCATED_AT
from tests.conftest import row, write_csv
from tests.second_source import offer

ENTRY = """datasets:
  mine:
    title: Mine
    source: gacc
    flow: import
    hs: [0101, 85423]
    partners: all
    currency: USD
    first: 2024-01
    last: open
"""
TYPOS = {
    "a key": (("currency:", "curency:"), 8, "curency"),
    "a flow": (("import", "imports"), 5, "flow"),
    "a month": (("2024-01", "2024-13"), 9, "not a month"),
    "a code": (("0101", "01o1"), 6, "01o1"),
    "a source": (("gacc", "gac"), 2, "unknown"),
    "a name": (("mine:", "exchange_rates:"), 2, "exchange_rates is the name of a source"),
    "a source of documents": (("source: gacc", "source: gacc_bulletin"), 2, "no source of trade"),
    "a key twice": (("    last: open", "    first: 2024-01"), 10, "twice"),
    "a value missing": (("    title: Mine\n", ""), 2, "title"),
    "YAML itself": (("hs: [0101", "hs: [[0101"), 7, ""),
}


def test_own_datasets_are_sound() -> None:
    """The shipped file loads, codes keep their leading zeros."""
    datasets = load_datasets()
    assert datasets["sample_chips"].last == dt.date(2024, 10, 1)
    sample = {name: (d.partners, d.currency) for name, d in datasets.items() if d.source == "gacc_sample"}
    assert sample == {
        "sample_chips": ("all", "USD"),
        "sample_chips_world": ("world", "USD"),
        "sample_chips_cny": ("all", "CNY"),
    }
    assert len({datasets[name].hs for name in sample}) == 1
    assert datasets["us_chips"].last is None and datasets["us_chips"].hs == ("8542",)


def test_leading_zeros_survive(tmp_path: Path) -> None:
    """0101 is a code and no octal number."""
    (tmp_path / "datasets.yml").write_text(ENTRY, encoding="utf-8")
    assert load_datasets(tmp_path)["mine"].hs == ("0101", "85423")


@pytest.mark.parametrize("case", TYPOS)
def test_a_typo_names_file_and_line(tmp_path: Path, case: str) -> None:
    """Whatever is misspelt, the error says where."""
    (old, new), line, message = TYPOS[case]
    (tmp_path / "datasets.yml").write_text(ENTRY.replace(old, new), encoding="utf-8")
    with pytest.raises(RefusalError) as refused:
        load_datasets(tmp_path)
    assert refused.value.file == "datasets.yml" and message in str(refused.value)
    assert refused.value.line is not None and abs(refused.value.line - line) <= 1


CALENDAR = {
    "2019-01": "2019-02-20",
    "2020-01": "2020-03-20",
    "2020-02": "2020-03-20",
    "2024-10": "2024-11-20",
    "2024-12": "2025-01-20",
    "2018-04": "2018-07-20",
}


@pytest.mark.parametrize("month", CALENDAR)
def test_release_calendar(month: str) -> None:
    """From 2020 on January comes out with February, in March; detail was suspended in spring 2018."""
    assert str(calendar.detail_release_date(parse_month(month))) == CALENDAR[month]


def test_nothing_new_is_due_in_february() -> None:
    """A false alarm in February would be a defect."""
    assert OFFER.last_due(dt.date(2024, 2, 29)) == dt.date(2023, 12, 1)
    assert OFFER.last_due(dt.date(2024, 3, 19)) == dt.date(2023, 12, 1)
    assert OFFER.last_due(dt.date(2024, 3, 20)) == dt.date(2024, 2, 1)


@pytest.mark.parametrize("text", ["2024-1", "2024-13", "2024-00", "202401", "2024-01-01", "", "２０２４-01", "0000-01"])
def test_what_is_no_month(text: str) -> None:
    """Months are written YYYY-MM, in one way only."""
    with pytest.raises(ValueError):
        parse_month(text)


def test_status_of_an_open_dataset(home: Home, tmp_path: Path) -> None:
    """Due and not there, with the query and the folder; offers are never judged."""
    file = write_csv(tmp_path / "us.csv", [row("202401")])
    receive(home, file, Declaration(dataset="us_chips", vintage=dt.date(2024, 3, 20)))
    by_name = {s.name: s for s in dataset_status(home, Landing(home).state(), dt.date(2024, 4, 20))}
    mine = by_name["us_chips"]
    assert mine.active and mine.held == (dt.date(2024, 1, 1),)
    assert mine.due[0] == dt.date(2017, 1, 1) and mine.due[-2:] == (dt.date(2024, 2, 1), dt.date(2024, 3, 1))
    assert "imports" in str(mine.queries[0]) and str(home.inbox / "us_chips") in str(mine.queries[0])
    assert not by_name["world_chips"].active and not by_name["world_chips"].due


def test_queries_stay_below_the_cut() -> None:
    """Everything from everywhere is split by chapters; one partner's year of one heading is one query."""
    months = tuple(month_range(dt.date(2024, 1, 1), dt.date(2024, 12, 1)))
    datasets = load_datasets()
    (one,) = queries(datasets["us_chips"], months, "inbox/us_chips/")
    assert one.months == months and one.hs == ("8542",)
    goods = queries(datasets["us_goods"], months, "x")
    assert len(goods) == 12 and all(q.hs == "all" and len(q.months) == 1 for q in goods)
    everything = Dataset.model_validate(
        {**datasets["us_goods"].model_dump(), "partners": "all", "first": "2017-01", "last": "open"}
    )
    parts = queries(everything, months[:1], "x")
    named = [code for q in parts for code in q.hs]
    assert len(parts) > 10 and len(named) == len(set(named)) == 98
    assert TRUNCATED_AT == 10_000


def test_a_source_that_never_cuts_off_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """For all months and codes, by its own codes; what of China's site holds is China's."""
    offer(monkeypatch)
    said = {"title": "t", "source": "other", "reporter": "DEU", "flow": "import", "hs": "all", "partners": "all"}
    dataset = Dataset.model_validate({**said, "currency": "EUR", "first": "2010-01", "last": "open"})
    months = tuple(month_range(dt.date(2010, 1, 1), dt.date(2024, 12, 1)))
    (one,) = queries(dataset, months, "x")
    assert one.months == months and "codes all (10 digits), partners all, in EUR" in str(one)


def test_readme_names_no_dataset_that_is_not_there() -> None:
    """Names in the README are real ones."""
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    for word in ("us_chips", "sample_chips"):
        assert (word in text) <= (word in load_datasets())
