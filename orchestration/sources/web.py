"""What it takes to ask a publisher over the network: a question, its answer, and what a source provides to be asked.

Belongs here: shapes, and what a bad answer is called. Not here: how anything is sent (`landing.fetching`), nor what a
publisher answers; that is beside each source (`sources/<source>/web.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode

from orchestration.base.errors import RefusalError

Codes = tuple[str, ...]


class AnswerError(RefusalError):
    """An answer that is not what was asked for: nothing of it is kept. Asking again at once would not help."""


class AbsentError(AnswerError):
    """The publisher has nothing at this address (404): other questions to it may be answered."""


class PassingError(AnswerError):
    """One that may be better a moment later: a server that is down, a page in place of figures, a broken transfer.

    `wait`: seconds that the publisher asks for, if it does.
    """

    def __init__(self, what: str, *, wait: float | None = None, remedy: str | None = None) -> None:
        super().__init__(what, remedy=remedy)
        self.wait = wait


class GivenUpError(AnswerError):
    """One that did not pass, however often it was asked: it may be better after a longer while."""


class CutError(AnswerError):
    """An answer as long as the publisher's cap: it is cut off, and what was asked has to be split."""


@dataclass(frozen=True)
class Question:
    """One request below a base address. `params`: in order, as sent, with no key among them."""

    path: str
    params: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """What identifies it: path and parameters."""
        return f"{self.path}?{urlencode(self.params, safe=',')}" if self.params else self.path


@dataclass(frozen=True)
class Answer:
    """What came back. `address`: without a key; `content`: the bytes, complete; `content_type`: as the header says."""

    address: str
    status: int
    content: bytes
    content_type: str
    etag: str | None
    last_modified: str | None
    fetched_at: dt.datetime


class Client(Protocol):
    """Asks one publisher, politely: one request at a time, with pauses, and again where that can help."""

    @property
    def has_key(self) -> bool: ...

    @property
    def cap(self) -> int | None:
        """The rows at which an answer is cut off; None where it never is."""

    def get(self, question: Question, *, etag: str | None = None, last_modified: str | None = None) -> Answer | None:
        """The whole answer; None where it has not changed since the one of that mark. `AnswerError` otherwise."""


@dataclass(frozen=True)
class Wanted:
    """What is promised and not there: a part of a scope of trade, and its months in order."""

    reporter: str
    flow: str
    hs: Codes | str
    partners: Codes | str
    months: tuple[dt.date, ...]


@dataclass(frozen=True)
class Released:
    """A month that the publisher says is out. `day`: in its time zone, since when its figures stand so; `mark`: changes
    whenever the publisher revises it.
    """

    month: dt.date
    day: dt.date
    mark: str


@dataclass(frozen=True)
class Request:
    """One question, and the scope that its answer has: months from the first to the last, both included."""

    question: Question
    reporter: str
    flow: str
    hs: Codes | str
    partners: Codes | str
    months: tuple[dt.date, dt.date]


class TradeWeb(Protocol):
    """How a source of trade is asked.

    `publishers`: base addresses that are its own or its mirrors', the first one where nothing else is set; an answer
    from anywhere else is synthetic. `key_header`: the header that a key goes into, None where none is needed;
    `key_missing`: what is lacking without one, in words. `caps`: rows at which an answer is cut off, with a key and
    without. `pause`: seconds between two requests.
    """

    publishers: tuple[str, ...]
    key_header: str | None
    key_missing: str
    caps: tuple[int | None, int | None]
    pause: float

    def released(self, client: Client, reporter: str, months: Collection[dt.date]) -> Mapping[dt.date, Released]:
        """Of these months those that the publisher says are out."""

    def plan(self, wanted: Wanted, *, cap: int | None, has_key: bool) -> tuple[Request, ...]:
        """The questions for what is wanted, each expected to stay below the cap; those for totals, too."""

    def check(self, request: Request, answer: Answer, *, cap: int | None) -> None:
        """`CutError`, `PassingError` or `AnswerError` if the answer is not whole, or not what was asked."""

    def split(self, request: Request) -> tuple[Request, ...]:
        """Smaller questions that together are this one; `AnswerError` if it cannot be split."""


@dataclass(frozen=True)
class Sheet:
    """A question whose answer is a document. `name`: what its receipt is called."""

    question: Question
    name: str


class DocumentWeb(Protocol):
    """How a source of documents is asked; see `TradeWeb` for the rest."""

    publishers: tuple[str, ...]
    key_header: str | None
    pause: float

    def sheets(
        self, client: Client, known: Collection[str], first: dt.date, last: dt.date | None = None
    ) -> Iterable[Sheet]:
        """What is to be asked: nothing that never changes and is `known` (the text of its question), nothing that ends
        before the month `first` or begins after the month `last`.
        """

    def check(self, sheet: Sheet, answer: Answer) -> None:
        """`PassingError` or `AnswerError` if the answer is not whole, or not what was asked."""
