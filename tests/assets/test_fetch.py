"""Publishers asked by assets: only what is there is green, what is refused is told, nothing is asked twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import dagster as dg
import pytest
from filelock import FileLock

from orchestration.assets.fetch import FETCH, FETCHED, ONCE_MORE, WEBS, next_day
from orchestration.assets.landing import due_table, overdue
from orchestration.automation.schedules import SCHEDULES
from orchestration.base import today
from orchestration.base.settings import Home, settings
from orchestration.landing.store import Landing
from orchestration.sources.catalogue import DOCUMENT_WEBS, TRADE
from tests.assets.asking import CHIPS, activate, chips, comtrade, green, logged, materialized, opened, shown
from tests.conftest import noon_of
from tests.sources.comtrade.server import Comtrade, Fault
from tests.sources.exchange_rates.answers import both
from tests.sources.exchange_rates.answers import shown as rates_shown
from tests.sources.publisher import Publisher, publishing

MONTHS = {f"2024-{number:02}" for number in range(1, 11)}
DETAILS, HEADING = "cmdCode=854231", "cmdCode=8542&"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Comtrade]:
    """January to October 2024 are out."""
    with comtrade(monkeypatch) as known:
        yield known


def test_whatever_can_be_asked_has_an_asset() -> None:
    """Of trade by month, in one run a range; of documents without months."""
    assert {key.to_user_string() for key in FETCHED} == {f"fetched_{name}" for name in WEBS}
    assert set(WEBS) == {name for name in TRADE if TRADE[name].web} | {*DOCUMENT_WEBS} and "comtrade" in WEBS
    by_month = {asset.key.to_user_string() for asset in FETCH if asset.partitions_def}
    assert by_month == {f"fetched_{name}" for name in WEBS if name in TRADE}
    assert {schedule.name for schedule in SCHEDULES} == {"detail_release_day", *(f"fetch_{name}" for name in WEBS)}


def test_what_is_there_is_green_and_nothing_else(home: Home, server: Comtrade) -> None:
    """Not what nobody promised, nor what is not out; a run of something else that writes holds up nobody."""
    activate(home)
    with opened(home) as made, FileLock(home.warehouse / ".lock"):
        done = materialized(made, "fetched_comtrade", months=("2014-11", "2024-12"))
        assert done.success and green(made) == MONTHS
        text, said = logged(made, done.run_id), shown(made)
    assert f"asking for {CHIPS} 2024-01..2024-10, 1 of 2" in text and f"asked {server.asked[0]}" in text
    assert "2 questions answered, 2 received" in text and "not out yet: 2015-01..2023-12, 2024-11..2024-12" in text
    assert (said["questions"], said["received"], said["unchanged"]) == (2, 2, 0)
    assert said["not out"] == "2015-01..2023-12, 2024-11..2024-12"
    assert dt.date.fromisoformat(str(said["ask again on"])) == TRADE["comtrade"].today() + dt.timedelta(days=1)
    assert "another run" not in text.lower()


def test_a_range_asks_for_no_other_month_and_nothing_is_asked_twice(home: Home, server: Comtrade) -> None:
    """Two ranges, then both together; then a revision, which is asked for and received."""
    activate(home)
    with opened(home) as made:
        assert materialized(made, "fetched_comtrade", months=("2024-01", "2024-03")).success
        assert green(made) == {"2024-01", "2024-02", "2024-03"}
        assert all("period=202401,202402,202403&" in path for path in server.asked) and len(server.asked) == 2
        assert materialized(made, "fetched_comtrade").success and green(made) == MONTHS, "without a range, all"
        assert len(server.asked) == 4
        done = materialized(made, "fetched_comtrade", months=("2024-01", "2024-10"))
        assert done.success and len(server.asked) == 4 and len(done.asset_materializations_for_node("fetched_comtrade"))
        assert f"{CHIPS}: nothing is due that is out and not there" in logged(made, done.run_id)
        server.publish(chips("2024-02", "2024-02", more=5), "2025-02-20")
        assert materialized(made, "fetched_comtrade", months=("2024-01", "2024-10")).success
        assert shown(made)["received"] == 2 and len(Landing(home).state().receipts) == 6


def test_nothing_is_asked_that_the_home_has_not_named(home: Home, server: Comtrade) -> None:
    """No event either: not of months, and not of documents; the log says what would make it so."""
    names = [f"fetched_{name}" for name in WEBS]
    with opened(home) as made:
        done = materialized(made, *names, months=("2024-01", "2024-10"))
        text = logged(made, done.run_id)
        assert done.success and server.log == [] and green(made) == set()
        assert not any(done.asset_materializations_for_node(name) for name in names)
    assert "Nothing that could be asked of comtrade is active" in text and "bonded fetch --dataset '<name>'" in text
    assert CHIPS in text and "(exchange_rates)" in text


def test_a_run_of_more_asks_nobody(home: Home, server: Comtrade) -> None:
    """ "Materialize all", and a backfill of all assets: green, and the log says so."""
    activate(home)
    activate(home, *DOCUMENT_WEBS)
    with opened(home) as made:
        assert materialized(made, "fetched_comtrade", months=("2024-01", "2024-03")).success
        before = len(server.log)
        names = [f"fetched_{name}" for name in WEBS]
        done = materialized(made, *names, "landing_receipts", months=("2024-01", "2024-10"))
        assert done.success and len(server.log) == before and green(made) == {"2024-01", "2024-02", "2024-03"}
        assert logged(made, done.run_id).count("Nobody is asked: this run is of more than the group fetch") == len(WEBS)


def test_what_a_publisher_refuses_fails_in_its_words_and_what_has_arrived_is_kept(
    home: Home, server: Comtrade, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quota is not asked about again; the months that are there are green, the others are not."""
    monkeypatch.setenv("BONDED_COMTRADE_KEY", "made-up-key")
    server.publish(chips("2023-01", "2023-12"), "2024-02-20")
    server.faults.append(Fault("quota", asked=DETAILS, after=1))
    activate(home)
    with opened(home) as made:
        done = materialized(made, "fetched_comtrade", months=("2023-01", "2024-12"))
        text = logged(made, done.run_id)
        assert not done.success and not [e for e in done.all_events if e.is_step_up_for_retry]
        assert "Out of call volume quota. Quota will be replenished" in text and "What has arrived is kept." in text
        assert green(made) == {f"2023-{number:02}" for number in range(1, 13)} and shown(made)["received"] == 1
        assert "made-up-key" not in text
        assert materialized(made, "fetched_comtrade", months=("2023-01", "2024-10")).success
        assert green(made) > MONTHS
    assert len(server.asked) == len(set(server.asked)) == 4


def test_what_passes_is_asked_for_once_more(home: Home, server: Comtrade) -> None:
    """After a while, in the same run; and not for ever."""
    activate(home)
    server.faults.append(Fault("down", asked=HEADING))
    with opened(home) as made:
        done = materialized(made, "fetched_comtrade", months=("2024-01", "2024-10"))
        assert done.success and len([e for e in done.all_events if e.is_step_up_for_retry]) == 1
        assert "the rest is asked for once more in 0 s" in logged(made, done.run_id) and len(server.asked) == 2
        server.publish(chips("2024-11", "2024-11"), "2025-01-20")
        server.faults.append(Fault("page", asked="period=202411", times=99))
        done = materialized(made, "fetched_comtrade", months=("2024-11", "2024-11"))
        assert not done.success and len([e for e in done.all_events if e.is_step_up_for_retry]) == ONCE_MORE
        assert "(1 times)" in logged(made, done.run_id) and green(made) == MONTHS


def test_who_waits_for_another_that_asks_says_so(home: Home, server: Comtrade, monkeypatch: pytest.MonkeyPatch) -> None:
    """And asks nothing; after too long it fails."""
    monkeypatch.setattr(settings(), "lock_seconds", 0)
    activate(home)
    (home.landing / "asked").mkdir()
    with opened(home) as made, FileLock(home.landing / "asked" / ".comtrade.lock"):
        done = materialized(made, "fetched_comtrade", months=("2024-01", "2024-10"))
        text = logged(made, done.run_id)
    assert not done.success and "comtrade is being asked by another process: waiting for it" in text
    assert "has been asked by another process" in text and server.log == []


def test_documents(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """An event each time that they were asked for, with what came."""
    activate(home, "exchange_rates")
    key = dg.AssetKey("fetched_exchange_rates")
    with publishing(Publisher(rates_shown(both()))) as bank, opened(home) as made:
        monkeypatch.setenv("BONDED_EXCHANGE_RATES_ADDRESS", bank.address)
        monkeypatch.setenv("BONDED_EXCHANGE_RATES_PAUSE", "0")
        for came, same in ((1, 0), (0, 1)):
            done = materialized(made, "fetched_exchange_rates")
            (event,) = done.asset_materializations_for_node("fetched_exchange_rates")
            assert done.success and event.asset_key == key
            said = {name: of.value for name, of in event.metadata.items()}
            assert (said["questions"], said["received"], said["unchanged"]) == (1, came, same)
        bank.faults[next(iter(bank.pages))] = ["forbidden"]
        done = materialized(made, "fetched_exchange_rates")
        assert not done.success and "exchange_rates answers 403: Refused" in logged(made, done.run_id)


def test_what_is_due_says_who_asks_for_it(home: Home) -> None:
    """Nobody has to download it."""
    activate(home)
    said = due_table(overdue(home, Landing(home).state(), dt.date(2024, 12, 20)))
    assert said.endswith(f"| {CHIPS} | 2015-01..2024-10 | none: the job fetch_and_publish asks for it |")


def test_when_it_makes_sense_to_ask_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where something is lacking, by the source's schedule; where all is there, when another month may come out."""
    monkeypatch.setattr(today, "now", lambda: noon_of(dt.date(2024, 11, 20)))
    monkeypatch.setattr("orchestration.assets.fetch.now", today.now)
    assert next_day("comtrade", lacks=True) == dt.date(2024, 11, 21)
    assert next_day("comtrade", lacks=False) == dt.date(2024, 12, 1)
    assert next_day("exchange_rates", lacks=False) == dt.date(2024, 12, 6)
    assert next_day("gacc_bulletin", lacks=True) == dt.date(2024, 12, 8)
