"""`bonded fetch`, and what `bonded status` says of sources: for a person, for a program, and their exit codes."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from orchestration.base.settings import Home
from orchestration.landing.asking.said_out import SaidOut
from orchestration.landing.store import Landing
from orchestration.sources.web import Released
from tests.conftest import tree
from tests.landing.toy import KEY, Fault, Toy

FETCH = ("fetch", "--dataset", "toy_chips")


def test_a_fetch_in_words(bonded, home: Home, toy: Toy) -> None:
    """What would be asked, what was received and what is not out; then nothing more."""
    code, out, err = bonded(*FETCH, "--dry-run")
    assert code == 0 and not err and len(toy.log) == 1
    said = "toy_chips (gacc): would ask 2 questions; only what is out has been asked, and nothing has been changed"
    assert out.splitlines()[0] == f"{said}; not out yet: 2024-07" and out.count("\n  /data?flow=import") == 2
    code, out, err = bonded(*FETCH)
    names = [r.receipt_id for r in Landing(home).state().receipts]
    assert code == 0 and not err and len(names) == 2
    assert out.startswith(f"toy_chips (gacc): asked 2 questions; received {', '.join(names)}; not out yet: 2024-07")
    assert "to build and publish: " in out and "bonded run" in out
    code, out, _ = bonded("fetch")
    assert (code, out) == (0, "toy_chips (gacc): asked 0 questions; not out yet: 2024-07\n")


def test_a_fetch_as_json(bonded, toy: Toy) -> None:
    """A refusal stands in it too, and on standard error; the exit code is 1 then."""
    toy.faults.append(Fault("quota", after=1))
    code, out, err = bonded(*FETCH, "--json")
    (said,) = json.loads(out)
    assert code == 1 and "answers 403: Out of call volume quota." in said["refused"][0]["error"]
    assert len(said["received"]) == 1 and said["dataset"] == "toy_chips" and said["asked"] is True
    assert err.startswith("Refused. toy_chips: gacc answers 403") and "export BONDED_GACC_KEY=<key>" in err


@pytest.mark.usefixtures("toy")
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--dataset", "no_such"), 2, "there is no dataset 'no_such': use one of"),
        (("--months", "2024"), 2, "write YYYY-MM"),
        (("--months", "2024-05..2024-01"), 2, "the last month lies before the first"),
        (("--dataset", "sample_chips"), 1, "gacc_sample is never asked by a program"),
        (("--dataset", "gacc_nomenclature"), 1, "gacc_nomenclature is never asked by a program"),
    ],
)
def test_what_cannot_be_fetched(bonded, home: Home, words: tuple[str, ...], code: int, said: str) -> None:
    """In a sentence, and nothing is changed."""
    before = tree(home.root)
    done, out, err = bonded("fetch", *words)
    assert (done, out) == (code, "") and said in err and tree(home.root) == before


@pytest.mark.usefixtures("toy")
def test_a_home_without_datasets_asks_nothing(bonded, toy: Toy) -> None:
    """And says what can be named."""
    code, out, _ = bonded("fetch")
    assert code == 0 and out.startswith("nothing to ask for") and "toy_memory" in out and "exchange_rates" in out
    assert toy.log == []


def test_nothing_that_is_printed_holds_a_key(bonded, toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BONDED_GACC_KEY", KEY)
    toy.faults += [Fault("unauthorized"), Fault("elsewhere")]
    said = [text for _ in range(3) for _, *texts in [bonded(*FETCH)] for text in texts] + list(bonded("status")[1:])
    assert "no such key: …" in said[1] and not [text for text in said if KEY in text]


def test_status_says_who_is_to_be_asked(bonded, home: Home, toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is due and from whom, what is not out, how far behind a source is, and which key is lacking."""
    Landing(home).activate("toy_chips")
    before = json.loads(bonded("status", "--json")[1])
    (line,) = [d for d in before["datasets"] if d["dataset"] == "toy_chips"]
    assert (line["state"], line["source"], line["due"]) == ("active", "gacc", "2024-01..2024-07")
    assert line["fetch"].endswith(f"bonded fetch --dataset toy_chips --home {home.root}") and line["queries"] == []
    bonded(*FETCH)
    report = json.loads(bonded("status", "--json")[1])
    (line,) = [d for d in report["datasets"] if d["dataset"] == "toy_chips"]
    assert (line["held"], line["due"], line["not_out"], line["fetch"]) == ("2024-01..2024-06", "", "2024-07", None)
    (source,) = report["sources"]
    assert (source["source"], source["way"], source["latest"]) == ("gacc", "a program", "2024-06")
    assert source["lag"] >= 17 and source["next_out"] == "2024-08-20" and source["asked_at"].endswith("UTC")
    assert source["key"] == "BONDED_GACC_KEY is not set: answers are cut off at 1,000 rows"
    monkeypatch.setenv("BONDED_GACC_KEY", KEY)
    code, out, _ = bonded("status")
    assert code == 0 and "gacc\ta program\t2024-06\t" in out and out.count("\tset\n") == 1 and len(toy.asked()) == 2


def test_what_a_reporter_delivers_when_it_does_has_no_day_of_the_calendar(bonded, home: Home) -> None:
    """Neither one since which it is out, but the day that its publisher says, nor one on which more comes."""
    Landing(home).activate("comtrade_us_chips")
    first = dt.date(2015, 1, 1)
    for day in (None, dt.date(2016, 2, 3)):
        if day:
            said = SaidOut()
            said.learn("CHN", [first], {first: Released(first, day, "1")}, dt.datetime.now(dt.UTC))
            said.write(home, "comtrade")
        report = json.loads(bonded("status", "--json")[1])
        (line,) = [d for d in report["datasets"] if d["dataset"] == "comtrade_us_chips"]
        assert line["due"].startswith("2015-01..") and line["out_since"] == str(day or "")
        assert report["sources"][0]["next_out"] is None
