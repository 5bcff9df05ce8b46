"""Fetching documents: known pages are not asked for again, lists that change only where they have."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from orchestration.base.settings import Home
from orchestration.landing.asking.documents import first_month
from orchestration.landing.asking.said_out import SaidOut
from orchestration.landing.fetching import Outcome, Way, active, fetch
from orchestration.landing.records import DocumentReceipt
from orchestration.landing.store import Landing
from orchestration.sources.catalogue import DOCUMENTS
from tests.landing.toy import WAITED, Fault, Toy, http_date

MAY = dt.datetime(2024, 5, 31, 20, tzinfo=dt.UTC)


@pytest.fixture
def rates(toy: Toy) -> Toy:
    """Three months, of which two have pages in the home's time."""
    toy.rates = {"2023-12": "7.14", "2024-01": "7.17", "2024-02": "7.19"}
    toy.last_modified["/rates"] = http_date(MAY)
    return toy


def fetched(home: Home, name: str | None = "exchange_rates", **said: Any) -> Outcome:
    """Fetch without waiting."""
    Landing(home).activate("toy_chips")
    outcomes = {o.name: o for o in fetch(home, name, Way(sleep=WAITED.append, **said))}
    return outcomes["exchange_rates"]


def papers(home: Home) -> tuple[DocumentReceipt, ...]:
    return Landing(home).state().papers


def test_pages_and_a_list(home: Home, rates: Toy) -> None:
    """From the first month of the home on; the vintage is the day on which the publisher last changed it."""
    outcome = fetched(home)
    assert outcome.refused == [] and outcome.questions == ["/rates/2024-01", "/rates/2024-02", "/rates?start=2024-01"]
    first, _, whole = papers(home)
    assert (first.name, first.rows, whole.rows, whole.month) == ("rates 2024-01.csv", 1, 2, dt.date(2024, 2, 1))
    assert whole.fetched and whole.fetched.last_modified == http_date(MAY) and whole.fetched.is_own
    assert whole.vintage == dt.date(2024, 6, 1), "it was the first of June already in Beijing"
    assert first.vintage > whole.vintage, "nobody says when that was changed: today"
    assert rates.asked("/rates") == outcome.questions and "exchange_rates" in active(Landing(home).state())


def test_known_pages_are_not_asked_for_again(home: Home, rates: Toy) -> None:
    """What may change is, by its mark; a change makes a further receipt."""
    fetched(home)
    rates.log.clear()
    outcome = fetched(home)
    assert (outcome.questions, outcome.received, outcome.unchanged) == (["/rates?start=2024-01"], [], 1)
    assert [(text, status) for text, status, _ in rates.log] == [("/index", 200), ("/rates?start=2024-01", 304)]
    rates.rates["2024-03"] = "7.2"
    rates.last_modified["/rates"] = http_date(MAY + dt.timedelta(days=30))
    outcome = fetched(home, None)
    assert len(outcome.received) == 2 and papers(home)[-1].rows == 3
    assert len(Landing(home).state().pages("exchange_rates")) == 4


@pytest.mark.parametrize("said", ["Fri, 31 Dec 9999 23:59:59 GMT", f"Fri, 31 Dec {9**20} 23:59:59 GMT", "soon"])
def test_a_page_that_was_changed_on_no_day_is_of_today(home: Home, rates: Toy, said: str) -> None:
    """In a sentence or not at all: a header of somebody else stops nothing."""
    rates.last_modified["/rates"] = said
    outcome = fetched(home)
    today = dt.datetime.now(dt.UTC).date()
    assert outcome.refused == [] and papers(home)[-1].vintage - today in (dt.timedelta(0), dt.timedelta(1))


@pytest.mark.usefixtures("rates")
def test_only_pages_of_some_months(home: Home) -> None:
    """Of pages, those that speak of these months; of what is one list, all of it."""
    january = (dt.date(2024, 1, 1), dt.date(2024, 1, 1))
    assert fetched(home, months=january).questions == ["/rates/2024-01", "/rates?start=2024-01"]


def test_one_page_that_is_refused_does_not_stop_the_others(home: Home, rates: Toy) -> None:
    """Neither an answer that is another thing, nor one that cannot be read; a door that is shut does."""
    rates.faults.append(Fault("page", asked="/rates/2024-01"))
    outcome = fetched(home)
    assert len(outcome.refused) == 1 and len(outcome.received) == 2
    rates.rates["2024-03"] = "720"
    rates.faults.append(Fault("quota", asked="/rates/2024-01"))
    outcome = fetched(home)
    assert ["answers 403" in error.what for error in outcome.refused] == [True] and len(papers(home)) == 2
    outcome = fetched(home)
    assert ["720 yuan" in error.what for error in outcome.refused] == [True] and outcome.unchanged == 1
    assert [paper.month for paper in papers(home)] == [dt.date(2024, 2, 1), dt.date(2024, 2, 1), dt.date(2024, 1, 1)]


def test_a_page_that_cannot_be_read_is_asked_for_once(
    bonded: Any, home: Home, rates: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It never changes, so that only another parser, or whoever says so, asks for it again; what may change is."""
    rates.rates["2024-03"] = "720"
    outcome = fetched(home)
    assert ["720 yuan" in error.what for error in outcome.refused] == [True, True] and outcome.left == 0
    rates.log.clear()
    outcome = fetched(home)
    assert (len(outcome.refused), outcome.left) == (1, 1) and rates.asked("/rates") == ["/rates?start=2024-01"]
    rates.rates["2024-03"] = "7.2"
    code, out, _ = bonded("fetch", "--dataset", "exchange_rates", "--home", str(home.root))
    assert code == 0 and "1 left that could not be read (--again asks)" in out
    monkeypatch.setattr(DOCUMENTS["exchange_rates"], "PARSER_VERSION", "rates99")
    assert (outcome := fetched(home)).questions[0] == "/rates/2024-03" and outcome.left == 0 and not outcome.refused
    assert SaidOut.read(home, "exchange_rates").unread == {}


def test_a_page_that_is_refused_for_its_home_is_asked_for_again(home: Home, rates: Toy) -> None:
    """Nothing is wrong with what stands in it."""
    rates.last_modified["/rates/2024-01"] = http_date(dt.datetime(2023, 5, 1, tzinfo=dt.UTC))
    assert len(fetched(home).refused) == 1 and SaidOut.read(home, "exchange_rates").unread == {}
    del rates.last_modified["/rates/2024-01"]
    assert fetched(home).refused == []


def test_a_dry_run_of_documents(home: Home, rates: Toy) -> None:
    """The list of pages is looked at, and none of them."""
    outcome = fetched(home, dry_run=True)
    assert outcome.questions == ["/rates/2024-01", "/rates/2024-02", "/rates?start=2024-01"]
    assert [text for text, *_ in rates.log] == ["/index"] and papers(home) == ()
    assert first_month(Landing(home).state()) == dt.date(2024, 1, 1)
