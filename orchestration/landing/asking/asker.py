"""Asking one publisher over the network: politely, completely, and with a key that nobody sees.

Belongs here: requests, pauses, patience, and whether an answer has arrived whole. Not here: what is asked for and what
becomes of the answer (`trade`, `documents`), nor whether figures are what was asked for (each source).
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import httpx
import tenacity

from orchestration.base.errors import RefusalError
from orchestration.base.settings import settings, source_settings
from orchestration.base.today import now
from orchestration.landing.asking.said_out import Told
from orchestration.landing.asking.transfer import LATER, Unpacking, asked_to_wait, connection, is_private
from orchestration.landing.asking.words import said_by
from orchestration.sources.web import (
    AbsentError,
    Answer,
    AnswerError,
    DocumentWeb,
    GivenUpError,
    PassingError,
    Question,
    TradeWeb,
)

# What they tell of a request is nobody's to read in a log: headers may stand there.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

Sleep = Callable[[float], None]
Got = TypeVar("Got")
#: An answer with figures, and one without any.
FOUND, NOTHING, UNCHANGED = 200, 204, 304
#: A question that the publisher will not take as it is: too many parts of it, or too long an address.
NOT_TAKEN = frozenset({400, 413, 414})
#: There is nothing, or nothing any more.
ABSENT = frozenset({404, 410})
#: Whoever answers so is not asked again for now.
SHUT = frozenset({401, 403, 412})
#: What may be better a moment later, beside all that is 5xx.
PASSING = frozenset({408, 425, 429})
REDIRECTS = 3
LONGEST_MARK = 200
#: So many characters of a publisher's words are told.
TOLD = 300
#: After so many questions in a row that were put in vain a publisher is not asked again for now.
IN_VAIN = 2
LONGEST_BACKOFF = 60.0
#: Whoever has not been reached at all is tried so many times.
CONNECT_ATTEMPTS = 2


#: When this process last asked at an address: whoever asks there next pauses, too.
_ASKED_AT: dict[str, float] = {}


class NotTakenError(AnswerError):
    """The publisher will not answer a question as it is put; a part of it, it may."""


@dataclass(frozen=True)
class _Sent:
    """What came back to one request, unpacked."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Asker:
    """A `Client` of one publisher. `is_own`: whether it is asked at an address of its own, or a mirror's.

    It asks nothing more once the publisher has shut its door. `sleep`, `told`: how it waits, and who hears of it.
    """

    def __init__(
        self, source: str, web: TradeWeb | DocumentWeb, *, sleep: Sleep = time.sleep, told: Told = lambda _: None
    ) -> None:
        said = source_settings(source)
        self.source, self._sleep, self._told = source, sleep, told
        self.address = (said.address or web.publishers[0]).rstrip("/")
        self.is_own = self.address in {publisher.rstrip("/") for publisher in web.publishers}
        self._header = web.key_header
        self._key = said.key if web.key_header else None
        self._pause = web.pause if said.pause is None else said.pause
        caps: tuple[int | None, int | None] = getattr(web, "caps", (None, None))
        self.cap: int | None = said.cap or caps[0 if self.has_key else 1]
        self._shut: AnswerError | None = None
        self._in_vain, self._is_reached, self._is_within, self._has_answered = 0, True, False, False
        if self._key and not is_private(httpx.URL(self.address)):
            raise RefusalError(
                f"a key would go to {self.address} for everybody to read",
                remedy=f"unset BONDED_{source.upper()}_KEY, or give BONDED_{source.upper()}_ADDRESS with https",
            )
        self._http = connection(self.address, has_key=self.has_key)

    @property
    def has_key(self) -> bool:
        return self._key is not None

    @property
    def is_shut(self) -> bool:
        """Whether the publisher is not to be asked any more for now."""
        return self._shut is not None

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def get(self, question: Question, *, etag: str | None = None, last_modified: str | None = None) -> Answer | None:
        """The whole answer; None where it has not changed since the one of that mark. `AnswerError` otherwise."""
        marks = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: mark for name, mark in marks.items() if mark}
        return self.persisting(lambda: self._answer(question, headers))

    def persisting(self, call: Callable[[], Got]) -> Got:
        """What a call gives, which is done again, with growing patience, where that can help; then `GivenUpError`.

        One within another counts as a part of it.
        """
        if self._shut:
            raise self._shut
        is_outer, self._is_within = not self._is_within, True
        again = tenacity.Retrying(
            stop=lambda state: state.attempt_number >= self._most_attempts(),
            retry=tenacity.retry_if_exception_type(PassingError),
            wait=self._patience,
            sleep=self._sleep,
            before_sleep=self._tell,
            reraise=True,
        )
        try:
            got = again(call)
            self._in_vain = 0 if is_outer else self._in_vain
            return got
        except PassingError as error:
            last = error.what
        finally:
            self._is_within = self._is_within and not is_outer
        failure = GivenUpError(f"{last} ({again.statistics['attempt_number']} times)", remedy=LATER)
        self._in_vain += 1
        if self._in_vain >= IN_VAIN or not self._is_reached:
            self._shut = failure
        raise failure

    def _most_attempts(self) -> int:
        """How often a question is put. Without a network nobody answers, however often: that is said soon."""
        most = settings().fetch_attempts
        return most if self._is_reached or self._has_answered else min(most, CONNECT_ATTEMPTS)

    def _patience(self, state: tenacity.RetryCallState) -> float:
        """Seconds until the next attempt: what the publisher asks for, else twice as long each time."""
        failure = state.outcome.exception() if state.outcome else None
        if isinstance(failure, PassingError) and failure.wait is not None:
            return failure.wait
        return tenacity.wait_exponential_jitter(initial=1, max=LONGEST_BACKOFF)(state)

    def _tell(self, state: tenacity.RetryCallState) -> None:
        failure = state.outcome.exception() if state.outcome else None
        if isinstance(failure, PassingError):
            seconds = state.next_action.sleep if state.next_action else 0
            self._told(f"{failure.what.rstrip('.')}; asked again in {max(1, round(seconds))} s")

    def _answer(self, question: Question, headers: Mapping[str, str]) -> Answer | None:
        address = f"{self.address}/{question.text.lstrip('/')}"
        sent = self._followed(address, headers)
        if sent.status == UNCHANGED and headers:
            return None
        if sent.status not in (FOUND, NOTHING):
            self._refuse(sent)
        if self._key and self._key.get_secret_value().encode() in sent.content:
            raise AnswerError(f"{self.source} repeats the key in its answer: nothing of it is kept", remedy=LATER)
        return Answer(
            address=address,
            status=sent.status,
            content=sent.content,
            content_type=sent.headers.get("content-type", ""),
            etag=self._mark(sent.headers.get("etag")),
            last_modified=self._mark(sent.headers.get("last-modified")),
            fetched_at=now(),
        )

    def _followed(self, address: str, headers: Mapping[str, str]) -> _Sent:
        """What came back, from where the publisher has moved it within its own address."""
        for _ in range(REDIRECTS + 1):
            sent = self._sent(address, headers)
            if sent.status not in (301, 302, 303, 307, 308):
                return sent
            here, there = httpx.URL(address), httpx.URL(address).join(sent.headers.get("location", ""))
            if (here.scheme, here.host, here.port) != (there.scheme, there.host, there.port):
                elsewhere = self._hidden(f"{there.scheme}://{there.netloc.decode('ascii', 'replace')}")
                raise AnswerError(
                    f"{self.source} sends whoever asks on to {elsewhere}, where nobody goes unseen",
                    remedy=f"if that is the publisher's: export BONDED_{self.source.upper()}_ADDRESS=<that address>",
                )
            address = str(there)
        raise AnswerError(f"{self.source} sends whoever asks round in a circle", remedy=LATER)

    def _sent(self, address: str, headers: Mapping[str, str]) -> _Sent:
        """One request, a pause after the one before; `PassingError` where nothing whole comes back."""
        if (left := _ASKED_AT.get(self.address, -math.inf) + self._pause - time.monotonic()) > 0:
            self._sleep(left)
        self._is_reached = True
        try:
            with self._http.stream("GET", address, headers=dict(headers), auth=self._signed) as response:
                self._has_answered = True
                return _Sent(response.status_code, dict(response.headers), self._body(response))
        except httpx.ConnectTimeout:
            failure: AnswerError = self._broken(httpx.ConnectError("it does not take up the connection"))
        except httpx.TimeoutException:
            failure = PassingError(f"{self.source} did not answer within {settings().fetch_seconds:g} s")
        except httpx.HTTPError as error:
            failure = self._broken(error)
        except (httpx.InvalidURL, UnicodeError):
            failure = AnswerError(f"{self.source} cannot be asked at such an address", remedy="shorten what is asked")
        finally:
            _ASKED_AT[self.address] = time.monotonic()
        # Outside of the handler: what is raised there carries the request, and so the key.
        raise failure

    def _signed(self, request: httpx.Request) -> httpx.Request:
        if self._key and self._header:
            request.headers[self._header] = self._key.get_secret_value()
        return request

    def _broken(self, error: httpx.HTTPError) -> AnswerError:
        said = self._hidden(str(error)) or type(error).__name__
        if "CERTIFICATE_VERIFY_FAILED" in said:
            return AnswerError(f"{self.address} does not prove that it is the publisher's: {said}", remedy=LATER)
        if isinstance(error, httpx.ConnectError):
            self._is_reached = False
            return PassingError(f"{self.source} cannot be reached at {self.address}: {said}")
        return PassingError(f"the answer of {self.source} broke off: {said}")

    def _body(self, response: httpx.Response) -> bytes:
        """The content, unpacked. That it is as long as announced is seen to by the connection."""
        unpacked, began, most = Unpacking(response.headers.get("content-encoding", "")), time.monotonic(), settings()
        for piece in response.iter_raw():
            unpacked.add(piece)
            if len(unpacked.content) > most.fetch_bytes:
                raise AnswerError(
                    f"the answer of {self.source} is longer than {most.fetch_bytes:,} bytes",
                    remedy="if it has to be: export BONDED_FETCH_BYTES=<more>",
                )
            if time.monotonic() - began > most.fetch_whole_seconds:
                raise PassingError(f"the answer of {self.source} took more than {most.fetch_whole_seconds:g} s")
        return unpacked.whole()

    def _refuse(self, sent: _Sent) -> None:
        """Raise what a status means, in the publisher's own words."""
        key = self._key.get_secret_value().encode() if self._key else b""
        # Of a long answer the beginning is read: what is cut off there must be no part of the key.
        content = sent.content.replace(key, "…".encode()) if key else sent.content
        words = self._hidden(said_by(content, sent.headers.get("content-type", "")))[:TOLD]
        what = f"{self.source} answers {sent.status}" + (f": {words}" if words else "")
        if sent.status in PASSING or sent.status >= 500:
            wait, most = asked_to_wait(sent.headers.get("retry-after"), words), settings().fetch_wait_seconds
            if wait is None or wait <= most:
                raise PassingError(what, wait=wait)
            self._shut = AnswerError(f"{what}; it asks for {wait:,.0f} s of patience, more than {most:g}", remedy=LATER)
            raise self._shut
        if sent.status in NOT_TAKEN:
            raise NotTakenError(what, remedy="correct what is asked: the dataset in expectations/datasets.yml")
        if sent.status in ABSENT:
            raise AbsentError(what, remedy=f"look at {self.address} in a browser")
        if sent.status not in SHUT:
            raise AnswerError(what, remedy=LATER)
        name = f"BONDED_{self.source.upper()}_KEY"
        keyless = f"export {name}=<key>; or {LATER}" if self._header else LATER
        self._shut = AnswerError(what, remedy=f"if the key is wrong, export {name}=<key>; else {LATER}" if
                                 self._key else keyless)  # fmt: skip
        raise self._shut

    def _mark(self, said: str | None) -> str | None:
        """A mark that can be kept, and sent back."""
        is_fit = said and said.isprintable() and said == self._hidden(said) and len(said) <= LONGEST_MARK
        return said if is_fit else None

    def _hidden(self, text: str) -> str:
        """Words of others without the key, if they repeat it."""
        return text.replace(self._key.get_secret_value(), "…") if self._key else text
