"""Fetching: what is asked, what becomes of each answer, and what is never asked twice. All on this machine."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.settings import PROJECT, Home, settings
from orchestration.landing.asking.said_out import SaidOut, asking_alone
from orchestration.landing.asking.words import said_by
from orchestration.landing.fetching import Outcome, Way, active, fetch
from orchestration.landing.receive import receive
from orchestration.landing.records import Receipt
from orchestration.landing.scope import Declaration
from orchestration.landing.store import Landing
from orchestration.sources.catalogue import TRADE
from tests.conftest import declared, row, tree, write_csv
from tests.landing import toy as toys
from tests.landing.toy import KEY, WAITED, Fault, Toy, ToyWeb

QUARTERS = ["2024-01..2024-03", "2024-04..2024-06"]


def fetched(home: Home, name: str | None = "toy_chips", **said: Any) -> Outcome:
    """Fetch one dataset without waiting."""
    (outcome,) = fetch(home, name, Way(sleep=WAITED.append, **said))
    return outcome


def sound(outcome: Outcome) -> Outcome:
    """One of which nothing was refused."""
    assert not outcome.refused, [str(error) for error in outcome.refused]
    return outcome


def receipts(home: Home) -> tuple[Receipt, ...]:
    return Landing(home).state().active


def spans(home: Home) -> list[str]:
    """The months of each receipt, in order of receiving."""
    return ["..".join(f"{m:%Y-%m}" for m in dict.fromkeys(r.scope.months)) for r in receipts(home)]


def months_of(asked: list[str]) -> list[str]:
    """What the questions asked for."""
    return [text.partition("months=")[2] for text in asked]


def test_a_fetch_is_a_receipt_whose_scope_is_its_request(home: Home, toy: Toy) -> None:
    """Months that are out, in as few questions as it takes, dated as the publisher dates them."""
    toy.out["2024-05"] = ("2024-09-21", "1")
    outcome = sound(fetched(home))
    first, last = receipts(home)
    assert outcome.received == [first.receipt_id, last.receipt_id] and outcome.not_out == (dt.date(2024, 7, 1),)
    assert spans(home) == QUARTERS and [r.dataset for r in receipts(home)] == ["toy_chips"] * 2
    assert (last.scope.hs, last.scope.partners, last.vintage) == (("8542",), ("116", "502"), dt.date(2024, 9, 21))
    assert first.vintage == dt.date(2024, 9, 20) and first.content[0].rows == 4 and first.remarks == ()
    said = last.fetched
    assert said is not None and said.is_own and said.status == 200 and said.etag
    assert said.address == toy.address + said.request and said.request == toy.asked()[1]
    assert said.marks == {"2024-04": "1", "2024-05": "1", "2024-06": "1"}
    assert {r: r.receipt_id for r in receipts(home)}[last] == last.receipt_id, "receipts are keys, fetched ones too"
    assert Landing(home).bytes_path(last.sha256).read_bytes() == toy.answer(said.request)[1]
    assert not Landing(home).chain.faults() and active(Landing(home).state()) == ["toy_chips"]
    assert [path.name for path in (home.landing / "asked").iterdir() if path.suffix not in (".json", ".lock")] == []
    agent = toy.log[-1][2]["User-Agent"]
    assert agent.startswith("bonded/") and "X-Key" not in toy.log[-1][2]


def test_what_is_there_is_not_asked_for_again(home: Home, toy: Toy) -> None:
    """A further look costs one question, what is out; a month that has come out costs one more."""
    fetched(home)
    toy.log.clear()
    outcome = sound(fetched(home, None))
    assert (outcome.questions, outcome.received, [text for text, *_ in toy.log]) == ([], [], ["/out?reporter=CHN"])
    toy.publish("2024-07", "2024-07", day="2024-10-20")
    assert sound(fetched(home, None)).not_out == () and months_of(toy.asked()) == ["202407"]
    assert spans(home) == [*QUARTERS, "2024-07"]


def test_without_its_memory_a_home_asks_no_more(home: Home, toy: Toy) -> None:
    """What was asked stands in receipts."""
    fetched(home)
    (home.landing / "asked" / "gacc.json").unlink()
    toy.log.clear()
    sound(fetched(home))
    assert toy.asked() == []
    (home.landing / "asked" / "gacc.json").write_text("{", encoding="utf-8")
    sound(fetched(home))
    assert toy.asked() == []


def test_what_is_asked_apart_is_not_forgotten(home: Home, toy: Toy) -> None:
    """Where the details of all months have arrived, and a question about their sums has not been answered."""
    TRADE["gacc"] = replace(TRADE["gacc"], web=ToyWeb(publishers=(toy.address,), apart=("854231",)))
    toy.faults.append(Fault("quota", after=3))
    assert len(fetched(home).refused) == 1 and len(receipts(home)) == 3
    toy.publish("2024-07", "2024-07", day="2024-10-20")
    toy.log.clear()
    sound(fetched(home))
    assert sorted(months_of(toy.asked())) == ["202404,202405,202406", "202407", "202407"]
    assert sound(fetched(home)).questions == []


def test_a_revision_is_a_further_print(home: Home, toy: Toy) -> None:
    """The question that has the month is put again as it was; the answer has the publisher's later day."""
    fetched(home)
    toy.publish("2024-02", "2024-02", day="2024-11-20", mark="2", value=5_000)
    toy.log.clear()
    outcome = sound(fetched(home))
    assert months_of(toy.asked()) == ["202401,202402,202403"] and len(outcome.received) == 1
    old, _, new = receipts(home)
    assert old.fetched and new.fetched and old.fetched.request == new.fetched.request
    assert (new.vintage, new.fetched.marks["2024-02"]) == (dt.date(2024, 11, 20), "2")
    toy.log.clear()
    assert sound(fetched(home)).questions == [] and toy.asked() == []


def test_a_revision_that_changed_nothing_here_makes_no_receipt(home: Home, toy: Toy) -> None:
    """It costs one question, which the publisher answers in a word; and is not asked a third time."""
    fetched(home)
    toy.publish("2024-02", "2024-02", mark="2")
    toy.log.clear()
    outcome = sound(fetched(home))
    assert (outcome.received, outcome.unchanged) == ([], 1)
    assert [status for text, status, _ in toy.log if text.startswith("/data")] == [304]
    assert sound(fetched(home)).questions == []


def test_asked_again_all_is_asked(home: Home, toy: Toy) -> None:
    """And nothing is received twice: not the same answer, not the same rows in other bytes."""
    fetched(home)
    toy.log.clear()
    outcome = sound(fetched(home, again=True))
    assert (len(outcome.questions), outcome.unchanged, outcome.received) == (2, 2, [])
    toy.faults.append(Fault("other bytes", times=2))
    assert sound(fetched(home, again=True)).unchanged == 2 and len(receipts(home)) == 2
    toy.publish("2024-05", "2024-05", value=7)
    outcome = sound(fetched(home, again=True))
    assert outcome.unchanged == 1 and spans(home) == [*QUARTERS, QUARTERS[1]]
    one, other = [("202401", partner, toys.CODES[0]) for partner in ("116", "502")]
    toy.figures[one], toy.figures[other] = toy.figures[other], toy.figures[one]
    assert len(sound(fetched(home, again=True)).received) == 1, "the same sum of other rows is no repetition"


def test_the_order_of_fetching_is_that_of_prints(home: Home, toy: Toy) -> None:
    """A publisher that dates a later answer earlier does not put the earlier answer before it."""
    fetched(home)
    toy.publish("2024-01", "2024-03", day="2024-08-01", mark="0", value=9)
    sound(fetched(home))
    assert [r.vintage for r in receipts(home)][::2] == [dt.date(2024, 9, 20)] * 2


@pytest.mark.usefixtures("toy")
def test_only_some_months(home: Home) -> None:
    """The others are asked for by the next one."""
    sound(fetched(home, months=(dt.date(2024, 2, 1), dt.date(2024, 3, 1))))
    assert spans(home) == ["2024-02..2024-03"]
    assert sound(fetched(home)).received and spans(home) == ["2024-02..2024-03", "2024-01", "2024-04..2024-06"]


def test_an_answer_without_rows_says_no_trade_of_what_is_out(home: Home, toy: Toy) -> None:
    """And of nothing else."""
    toy.figures.clear()
    sound(fetched(home))
    assert spans(home) == QUARTERS and all(not r.content and "no trade" in r.remarks[0] for r in receipts(home))


def test_two_datasets_of_one_source(home: Home, toy: Toy) -> None:
    """What is out is asked for once."""
    fetched(home)
    Landing(home).activate("toy_memory")
    toy.log.clear()
    outcomes = fetch(home, None, Way(sleep=WAITED.append))
    assert [(o.name, len(o.received), o.refused) for o in outcomes] == [("toy_chips", 0, []), ("toy_memory", 0, [])]
    assert [text for text, *_ in toy.log] == ["/out?reporter=CHN"], "all of it lies within the other"


def test_one_question_that_is_never_answered_does_not_stop_another_dataset(home: Home, toy: Toy) -> None:
    """It is a second one in a row that shows that nobody answers."""
    Landing(home).activate("toy_memory")
    Landing(home).activate("toy_chips")
    toy.publish("2024-01", "2024-03")
    toy.faults.append(Fault("down", asked="hs=8542&", times=5))
    toy.faults.append(Fault("page", asked="months=202404", times=5))
    outcomes = {o.name: o for o in fetch(home, None, Way(sleep=WAITED.append))}
    assert not outcomes["toy_memory"].refused and spans(home) == ["2024-05..2024-06"]
    assert len(outcomes["toy_chips"].refused) == 2 and len([1 for text, *_ in toy.log if "hs=8542&" in text]) == 10
    toy.faults += [Fault("page", asked="/out", times=10), Fault("down", asked="/data", times=99)]
    toy.log.clear()
    outcomes = {o.name: o for o in fetch(home, None, Way(sleep=WAITED.append))}
    assert all(len(o.refused) == 1 and "Closed" not in o.refused[0].what for o in outcomes.values())
    assert {text for text, *_ in toy.log} == {"/out?reporter=CHN"}


def test_a_cut_answer_is_split_and_remembered_as_such(home: Home, toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it is kept; its parts are, and the next time they are asked for at once."""
    monkeypatch.setenv("BONDED_GACC_CAP", "9")
    sound(fetched(home))
    assert spans(home) == ["2024-01", "2024-02..2024-03", "2024-04", "2024-05..2024-06"]
    assert months_of(toy.asked())[:3] == ["202401,202402,202403", "202401", "202402,202403"]
    toy.log.clear()
    assert sound(fetched(home)).questions == [] and toy.asked() == []
    toy.publish("2024-03", "2024-03", mark="2", value=5)
    sound(fetched(home))
    assert months_of(toy.asked()) == ["202402,202403"]


@pytest.mark.usefixtures("toy")
def test_one_month_that_is_cut_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BONDED_GACC_CAP", "4")
    assert "cannot be split" in str(fetched(home).refused[0]) and receipts(home) == ()


def test_a_question_that_is_not_taken_is_put_in_parts(home: Home, toy: Toy) -> None:
    """A publisher that takes one month at a time is known as such once it has answered one."""
    toy.faults += [Fault("not taken", asked="months=202401,202402,202403"), Fault("not taken", asked="202402,202403")]
    sound(fetched(home))
    assert spans(home) == ["2024-01", "2024-02", "2024-03", QUARTERS[1]]
    assert len(SaidOut.read(home, "gacc").cut) == 2
    toy.publish("2024-03", "2024-03", mark="2", value=5)
    toy.log.clear()
    sound(fetched(home))
    assert months_of(toy.asked()) == ["202403"]


def test_a_question_that_is_never_taken_is_told(home: Home, toy: Toy) -> None:
    """In the publisher's words; and nothing is learned from it."""
    toy.faults.append(Fault("not taken", times=99))
    (error,) = fetched(home).refused
    assert "answers 400: Too many months." in error.what and error.remedy
    assert receipts(home) == () and SaidOut.read(home, "gacc").cut == []


PASSING: dict[str, tuple[Fault, Callable[[float], bool]]] = {
    "a wait in seconds": (Fault("rate", retry_after="7"), lambda s: s == 7),
    "a wait in words": (Fault("rate"), lambda s: s == 2),
    "a wait until a moment": (Fault("busy", retry_after="later"), lambda s: 50 < s < 100),
    "a wait that nobody can read": (Fault("busy", retry_after="soon"), lambda s: 1 <= s <= 2),
    "a wait in words behind one that nobody can read": (Fault("rate", retry_after="2.5"), lambda s: s == 2),
    "a wait until a day that there is not": (
        Fault("busy", retry_after=f"Fri, 31 Dec {9**20} 23:59:59 GMT"),
        lambda s: 1 <= s <= 2,
    ),
    "no word of a wait": (Fault("busy"), lambda s: 1 <= s <= 2),
    "a server that is down": (Fault("down"), lambda s: 1 <= s <= 2),
    "one that says until when": (Fault("down", retry_after="0"), lambda s: s == 0),
    "a page in place of figures": (Fault("page"), lambda s: 1 <= s <= 2),
    "a transfer that ends early": (Fault("short"), lambda s: 1 <= s <= 2),
    "one that does not say how long it is": (Fault("no length"), lambda s: 1 <= s <= 2),
    "one that is damaged": (Fault("damaged"), lambda s: 1 <= s <= 2),
    "what is out, behind a page": (Fault("down", asked="/out"), lambda s: 1 <= s <= 2),
}


@pytest.mark.parametrize("case", PASSING)
def test_what_passes_by_itself_is_asked_again(home: Home, toy: Toy, case: str) -> None:
    """After the wait that the publisher asks for, else a little; and all of it arrives, once."""
    fault, waits = PASSING[case]
    if fault.retry_after == "later":
        fault.retry_after = toys.http_date(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=90))
    fault.times, told = 1, list[str]()
    toy.faults.append(fault)
    sound(fetched(home, told=told.append))
    assert len(WAITED) == 1 and waits(WAITED[0]), WAITED
    assert len(told) == 1 and "; asked again in" in told[0] and spans(home) == QUARTERS


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"<title>Closed</title><!-- --><script>var a = '<b>'</script><body>for <b>repair</b>", "Closed for repair"),
        (b"<title>Closed</title><style>p {}", "Closed"),
        (b"Closed<!-- for ever" + b"<!--" * 100_000, "Closed<!-- for ever"),
        (b"<p>Closed" + b"<script" * 100_000, "Closed"),
        (b"<p>Closed" + b"<" * 400_000, "Closed"),
        (b"[" * 400_000, "["),
    ],
)
def test_a_page_that_never_ends_says_its_first_words(said: bytes, words: str) -> None:
    """At once, however long it is."""
    assert said_by(said, "text/plain").startswith(words)


def test_a_server_that_does_not_answer_is_asked_again(home: Home, toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "fetch_seconds", 0.2)
    toy.faults.append(Fault("slow"))
    sound(fetched(home))
    assert len(WAITED) == 1 and spans(home) == QUARTERS


STAYING = {
    "quota": "answers 403: Out of call volume quota.",
    "unauthorized": "answers 401: no such key",
    "absent": "answers 404: Not found for repair",
    "elsewhere": "sends whoever asks on to http://localhost:9",
    "nowhere": "Invalid URL in location header",
    "long": "answers 401: xxx",
    "circle": "round in a circle",
    "echo": "repeats the key",
    "packed": "packed in a way that nobody asked for (br)",
    "down": "answers 503: Closed for repair (5 times)",
    "page": "a page in place of figures (5 times)",
    "short": "broke off",
    "rate": "it asks for 9,000 s of patience",
}


@pytest.mark.parametrize("kind", STAYING)
def test_what_stays_wrong_is_a_sentence_and_no_half_receipt(
    home: Home, toy: Toy, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """What had arrived is kept, and the next fetch asks for the rest alone."""
    monkeypatch.setenv("BONDED_GACC_KEY", KEY)
    toy.faults.append(Fault(kind, after=1, times=99, retry_after="9000" if kind == "rate" else None))
    outcome = fetched(home)
    (error,) = outcome.refused
    assert STAYING[kind] in error.what and error.remedy and KEY[:8] not in str(error)
    assert spans(home) == QUARTERS[:1] and len(outcome.received) == 1
    toy.faults.clear()
    toy.log.clear()
    sound(fetched(home))
    assert spans(home) == QUARTERS and len(toy.asked()) == 1


def test_an_answer_that_is_too_long_is_not_taken(home: Home, toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packed or not."""
    monkeypatch.setattr(settings(), "fetch_bytes", 1_000)
    for toy.packs in (True, False):
        assert "longer than 1,000 bytes" in fetched(home).refused[0].what
    assert receipts(home) == ()


def test_an_answer_that_is_not_sound_does_not_stop_the_next(home: Home, toy: Toy) -> None:
    """Nothing of it is kept, and it is asked for the next time."""
    toy.faults.append(Fault("unsound"))
    assert len(fetched(home).refused) == 1 and spans(home) == QUARTERS[1:]
    sound(fetched(home))
    assert spans(home) == [QUARTERS[1], QUARTERS[0]]


def test_what_is_out_can_be_nonsense(home: Home, toy: Toy) -> None:
    """A source that trips over it refuses in a sentence."""
    toy.out["2024-13"] = ("soon", "1")
    (error,) = fetched(home).refused
    assert error.file == "what is out of gacc" and "'2024-13' is not a month" in error.what and toy.asked() == []


def test_what_was_out_is_not_all_gone(home: Home, toy: Toy) -> None:
    """Where nothing ever was, nothing is due; where months were, an answer without any is none."""
    out = toy.out.copy()
    toy.out.clear()
    assert len(sound(fetched(home)).not_out) == 7 and receipts(home) == ()
    toy.out.update(out)
    sound(fetched(home))
    toy.out.clear()
    outcome = fetched(home)
    assert "nothing of CHN is out, and has said that 6 months are (5 times)" in outcome.refused[0].what
    assert outcome.not_out == () and SaidOut.read(home, "gacc").out["CHN"].keys() == out.keys()


def test_within_its_own_address_a_publisher_may_move(home: Home, toy: Toy) -> None:
    toy.faults.append(Fault("moved"))
    sound(fetched(home))
    assert spans(home) == QUARTERS and "moved" not in str(receipts(home))


@pytest.mark.usefixtures("toy")
def test_who_cannot_be_reached(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said where; and a dry run tells what would be asked by the calendar."""
    monkeypatch.setenv("BONDED_GACC_ADDRESS", "http://127.0.0.1:1")
    toys.offer("http://127.0.0.1:1")
    error = fetched(home).refused[0]
    assert "cannot be reached at http://127.0.0.1:1" in error.what and error.what.endswith("(2 times)")
    assert len(WAITED) == 1 and WAITED[0] <= 2, "who has no network is told so at once"
    outcome = fetched(home, dry_run=True)
    assert outcome.by_calendar and months_of(outcome.questions) == ["202401,202402,202403", "202404,202405,202406",
                                                                    "202407"]  # fmt: skip


@pytest.mark.usefixtures("toy")
def test_between_questions_lies_the_pause_of_the_source(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BONDED_GACC_PAUSE", "30")
    sound(fetched(home))
    assert len(WAITED) == 2 and all(29 < seconds <= 30 for seconds in WAITED)
    sound(fetched(home))
    assert len(WAITED) == 3, "the next fetch of this process, too"


def test_who_was_reached_is_waited_for(home: Home, toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that fails while figures come may be back in a moment: it gets the whole patience."""
    real = httpx.Client.stream

    def failing(client: httpx.Client, method: str, address: str, **said: Any) -> Any:
        if "/data" in address and len(WAITED) < 4:
            raise httpx.ConnectError("no route")
        return real(client, method, address, **said)

    monkeypatch.setattr(httpx.Client, "stream", failing)
    sound(fetched(home))
    assert len(WAITED) == 4 and spans(home) == QUARTERS and len(toy.asked()) == 2


@pytest.mark.usefixtures("toy")
def test_who_takes_up_no_connection_is_not_reached(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: Any, **__: Any) -> Any:
        raise httpx.ConnectTimeout("timed out")

    monkeypatch.setattr(httpx.Client, "stream", silent)
    (error,) = fetched(home).refused
    assert "cannot be reached at http://127.0.0.1" in error.what and error.what.endswith("(2 times)")


def test_what_is_active_only_once_its_publisher_has_answered(
    home: Home, toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it has not, the calendar says what would be asked; where it has, it is not asked twice what is out."""
    monkeypatch.setenv("BONDED_GACC_ADDRESS", "http://127.0.0.1:1")
    before = tree(home.landing)
    outcome = fetched(home, if_reached=True)
    assert outcome.by_calendar and len(outcome.questions) == 3 and len(outcome.refused) == 1
    assert tree(home.landing).keys() - before.keys() <= {"asked/.gacc.lock"} and active(Landing(home).state()) == []
    monkeypatch.setenv("BONDED_GACC_ADDRESS", toy.address)
    sound(fetched(home, if_reached=True))
    assert len(toy.asked("/out")) == 1 and spans(home) == QUARTERS and active(Landing(home).state()) == ["toy_chips"]


def test_a_dry_run_asks_only_what_is_out(home: Home, toy: Toy) -> None:
    """And leaves the home as it was: what it would ask is what is asked then."""
    before = tree(home.landing)
    outcome = sound(fetched(home, dry_run=True))
    assert [text for text, *_ in toy.log] == ["/out?reporter=CHN"]
    assert tree(home.landing) == before and active(Landing(home).state()) == []
    sound(fetched(home))
    assert toy.asked() == outcome.questions


def test_a_key_stands_nowhere(
    home: Home, toy: Toy, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is sent with every question, and no file, word, error or log holds it, whatever goes wrong."""
    monkeypatch.setenv("BONDED_GACC_KEY", KEY)
    caplog.set_level("DEBUG")
    told: list[str] = []
    toy.faults += [Fault("down"), Fault("unauthorized", after=1)]
    (error,) = fetched(home, told=told.append).refused
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None:
        chain.append(link)
        link = link.__cause__ or link.__context__
    assert "no such key: …" in error.what
    toy.faults.append(Fault("elsewhere"))
    (redirected,) = fetched(home, told=told.append).refused
    sound(fetched(home, told=told.append))
    assert all(headers["X-Key"] == KEY for _, _, headers in toy.log) and len(receipts(home)) == 2
    said = [repr(link) + str(vars(link)) for link in chain] + [str(redirected), *told, caplog.text]
    assert not [text for text in said if KEY in text]
    assert tree(home.root) and not [name for name, of in tree(home.root).items() if KEY.encode() in of]


def test_a_key_goes_through_no_proxy_that_reads_it(home: Home, toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within this machine it is sent in clear: to whom it is meant for, whatever proxy the environment names."""
    monkeypatch.setenv("BONDED_GACC_KEY", KEY)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with toys.serving() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.address)
        monkeypatch.setenv("http_proxy", proxy.address)
        sound(fetched(home))
        assert proxy.log == [] and len(toy.asked()) == 2


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("KEY", f"{KEY} {KEY}", "BONDED_GACC_KEY: Value error, it has a blank"),
        ("KEY", f"{KEY}ü", "BONDED_GACC_KEY: Value error, it has a blank"),
        ("ADDRESS", f"https://me:{KEY}@toy.invalid", "BONDED_GACC_ADDRESS: "),
        ("ADDRESS", "http://toy.invalid", "for everybody to read"),
        ("PAUSE", "-1", "BONDED_GACC_PAUSE: "),
        ("PAUSE", "inf", "BONDED_GACC_PAUSE: "),
    ],
)
def test_settings_that_cannot_be_used(
    home: Home, toy: Toy, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    """The variable is named, and what it holds is not; nobody is asked."""
    monkeypatch.setenv("BONDED_GACC_KEY", KEY)
    monkeypatch.setenv(f"BONDED_GACC_{name}", value)
    (error,) = fetched(home).refused
    assert said in str(error) and KEY not in str(error) + repr(error.__context__) and toy.log == []


def test_answers_from_elsewhere_are_made_up(home: Home, toy: Toy, tmp_path: Path) -> None:
    """From the first one on, the home is synthetic, and takes in nothing that is real."""
    toys.offer(toy.address, is_own=False)
    sound(fetched(home))
    state = Landing(home).state()
    assert state.is_synthetic and all(r.is_synthetic and not r.fetched.is_own for r in state.active if r.fetched)
    real = write_csv(tmp_path / "real.csv", [row()])
    with pytest.raises(RefusalError, match="holds synthetic receipts"):
        receive(home, real, declared())
    toys.offer(toy.address)
    toy.log.clear()
    (error,) = fetched(home).refused
    assert "this home holds synthetic receipts" in error.what and "are real" in error.what and toy.log == []


def test_a_real_home_takes_no_answers_from_elsewhere(home: Home, toy: Toy, tmp_path: Path) -> None:
    """Nothing is even asked."""
    receive(home, write_csv(tmp_path / "real.csv", [row()]), declared())
    toys.offer(toy.address, is_own=False)
    (error,) = fetched(home).refused
    assert "this home holds real receipts" in error.what and "--home '<another folder>'" in str(error.remedy)
    assert toy.log == [] and not Landing(home).state().is_synthetic


def test_the_same_bytes_to_another_question_are_a_further_receipt(home: Home, toy: Toy, tmp_path: Path) -> None:
    """And so are those of a file that somebody brought."""
    toy.figures.clear()
    sound(fetched(home))
    assert len({r.sha256 for r in receipts(home)}) == 1 and spans(home) == QUARTERS
    empty = tmp_path / "empty.csv"
    empty.write_bytes(Landing(home).bytes_path(receipts(home)[0].sha256).read_bytes())
    said = {"source": "gacc", "flow": "import", "hs": "8542", "partners": "116,502", "months": "2024-01..2024-03"}
    outcome = receive(home, empty, Declaration.model_validate(said))
    assert not outcome.is_new and outcome.receipt == receipts(home)[0], "the question says the same"


@pytest.mark.usefixtures("toy")
def test_a_withdrawn_answer_is_asked_for_again(home: Home) -> None:
    fetched(home)
    Landing(home).withdraw(receipts(home)[0].receipt_id, "a trial")
    sound(fetched(home))
    assert spans(home) == QUARTERS[::-1]


def test_older_records_read_as_before(home: Home, tmp_path: Path) -> None:
    """A receipt that says nothing of fetching was brought."""
    receive(home, write_csv(tmp_path / "real.csv", [row()]), declared())
    record = home.landing / "records" / "000001.json"
    text = record.read_text(encoding="utf-8")
    older = text.replace(',\n "fetched": null', "")
    assert older != text
    record.chmod(0o644)
    record.write_text(older, encoding="utf-8")
    (receipt,) = receipts(home)
    assert receipt.fetched is None and not receipt.is_synthetic


def child(home: Home, toy: Toy, *words: str) -> subprocess.Popen[str]:
    """The command in a process of its own, which knows the made-up way of asking."""
    code = (
        f"from tests.landing import toy; toy.offer({toy.address!r}); from orchestration.terminal import cli; cli.main()"
    )
    environment = {**os.environ, "BONDED_EXPECTATIONS": str(settings().expectations), "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-c", code, "fetch", "--dataset", "toy_chips", "--home", str(home.root), *words]
    return subprocess.Popen(
        command, cwd=PROJECT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def until(condition: Callable[[], bool]) -> None:
    """Wait for it; no longer than a minute."""
    for _ in range(6_000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come to that")


def test_a_killed_fetch_goes_on_from_what_has_arrived(home: Home, toy: Toy) -> None:
    """While an answer is on its way: it is asked for again, and nothing that had arrived is."""
    toy.publish("2024-07", "2024-07")
    toy.faults.append(Fault("slow", after=1))
    process = child(home, toy)
    until(lambda: len([1 for text, *_ in toy.log if text.startswith("/data")]) == 2)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    toy.hold.set()
    assert spans(home) == QUARTERS[:1] and SaidOut.read(home, "gacc").begun
    sound(fetched(home))
    assert spans(home) == [*QUARTERS, "2024-07"] and not SaidOut.read(home, "gacc").begun
    assert sorted(months_of(toy.asked())) == ["202401,202402,202403", "202404,202405,202406", "202407"]


def test_two_fetches_at_once_ask_nothing_twice(home: Home, toy: Toy) -> None:
    """The second waits, says so, and finds that all is there."""
    toy.faults.append(Fault("slow"))
    told: list[str] = []
    outcomes: list[Outcome] = []
    first = threading.Thread(target=lambda: outcomes.append(fetched(home)))
    first.start()
    until(lambda: any(text.startswith("/data") for text, *_ in toy.log))
    second = threading.Thread(target=lambda: outcomes.append(fetched(home, told=told.append)))
    second.start()
    until(lambda: bool(told))
    toy.hold.set()
    first.join()
    second.join()
    assert told == ["gacc is being asked by another process: waiting for it"]
    assert [len(sound(outcome).received) for outcome in outcomes] == [2, 0] and spans(home) == QUARTERS


@pytest.mark.usefixtures("toy")
def test_who_waits_too_long_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "lock_seconds", 0)
    with asking_alone(home, "gacc", lambda _: None):
        assert "has been asked by another process" in fetched(home).refused[0].what


@pytest.mark.usefixtures("toy")
def test_only_people_ask_most_sources(home: Home) -> None:
    """What to download is said; nothing is changed."""
    TRADE["gacc"] = replace(TRADE["gacc"], web=None)
    with pytest.raises(RefusalError, match="us_chips is for people to fetch") as refused:
        fetch(home, "us_chips")
    assert "download imports, 2017-01" in str(refused.value.remedy)
    with pytest.raises(RefusalError, match="gacc_nomenclature is never asked by a program"):
        fetch(home, "gacc_nomenclature")
    assert Landing(home).last_sequence() == 0 and fetch(home) == []


def test_the_shapes_of_asking_are_kept(toy: Toy) -> None:
    """A way of asking that is made up fits the shapes that sources are to have."""
    assert isinstance(TRADE["gacc"].web, ToyWeb) and toy.address in TRADE["gacc"].web.publishers
