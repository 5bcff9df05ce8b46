"""Asking the ECB: one question for both series, nothing again that has not changed, and what is no answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.sources.exchange_rates.ecb import ADDRESS, HOST
from orchestration.sources.exchange_rates.parse import WEB, parse
from orchestration.sources.web import AbsentError, Answer, AnswerError, PassingError, Sheet
from tests.sources.exchange_rates.answers import DOLLARS, YUAN, both, shown
from tests.sources.publisher import Fault, Plain, Publisher, Shown, publishing

PATH = ADDRESS.removeprefix(HOST).partition("?")[0]


@pytest.fixture
def bank() -> Iterator[Publisher]:
    """The ECB with seven months of both rates."""
    with publishing(Publisher(shown(both()))) as publisher:
        yield publisher


def sheet_of(publisher: Publisher) -> tuple[Plain, Sheet]:
    """Who asks, and the one thing that is asked."""
    client = Plain(publisher.address)
    (sheet,) = WEB.sheets(client, (ADDRESS.removeprefix(HOST),), dt.date(2024, 1, 1))
    return client, sheet


def test_the_one_question(bank: Publisher, tmp_path: Path) -> None:
    """The address that a refusal names; always asked, known or not, since rates are corrected; what comes is read."""
    client, sheet = sheet_of(bank)
    assert HOST + sheet.question.text == ADDRESS and bank.log == [] and WEB.publishers == (HOST,)
    answer = client.get(sheet.question)
    assert answer is not None
    WEB.check(sheet, answer)
    assert bank.log == [(sheet.question.text, 200)]
    (tmp_path / sheet.name).write_bytes(answer.content)
    assert parse(tmp_path / sheet.name, tmp_path / "work").rows == 7


def test_what_has_not_changed_costs_a_request(bank: Publisher) -> None:
    """By either mark; a correction comes as a new answer."""
    client, sheet = sheet_of(bank)
    answer = client.get(sheet.question)
    assert answer is not None and answer.etag and answer.last_modified
    assert client.get(sheet.question, etag=answer.etag) is None
    assert client.get(sheet.question, last_modified=answer.last_modified) is None
    bank.pages |= shown(both(YUAN | {"2026-04": "8.1"}, DOLLARS), "Mon, 08 Jun 2026 09:16:35 GMT")
    corrected = client.get(sheet.question, etag=answer.etag, last_modified=answer.last_modified)
    assert corrected is not None and b",8.1," in corrected.content
    assert [status for _, status in bank.log] == [200, 304, 304, 200]


FAULTS: dict[Fault, type[AnswerError]] = {
    "page": PassingError,
    "empty": PassingError,
    "cut": PassingError,
    "forbidden": AnswerError,
    "rate": AnswerError,
    "down": AnswerError,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_no_answer(bank: Publisher, fault: Fault) -> None:
    """Nothing of it is kept; the next question is answered."""
    client, sheet = sheet_of(bank)

    def asked() -> Answer | None:
        answer = client.get(sheet.question)
        if answer:
            WEB.check(sheet, answer)
        return answer

    bank.faults = {PATH: [fault]}
    with pytest.raises(FAULTS[fault]):
        asked()
    assert asked() is not None


def test_another_table_is_no_answer(bank: Publisher) -> None:
    """It would be refused when received; asking again at once would not help."""
    client, sheet = sheet_of(bank)
    bank.pages = {PATH: Shown(b"KEY,FREQ,REF_AREA,TIME_PERIOD,OBS_VALUE\n", "text/csv")}
    answer = client.get(sheet.question)
    assert answer is not None
    with pytest.raises(AnswerError, match="no table of the ECB's rates; it begins 'KEY,FREQ,REF_AREA") as refused:
        WEB.check(sheet, answer)
    assert type(refused.value) is AnswerError and bank.address in str(refused.value.remedy)


def test_a_wrong_series_is_told_in_words(bank: Publisher) -> None:
    """As the ECB does: there is nothing at that address."""
    client, sheet = sheet_of(bank)
    bank.pages = {}
    with pytest.raises(AbsentError):
        client.get(sheet.question)
