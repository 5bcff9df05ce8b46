"""A server of this machine that shows pages as publishers of documents do, with what may go wrong; and who asks it.

Belongs here: status, headers, faults, a log. Not here: what the pages say (`exchange_rates/answers.py`,
`gacc_bulletin/answers.py`). Nothing but the loopback is listened to.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler
from typing import Literal
from urllib.parse import urlsplit

from orchestration.sources.web import AbsentError, Answer, AnswerError, PassingError, Question
from tests.loopback import listening

#: "cut": fewer bytes than the length that is said. "page": a page with status 200 in place of what was asked.
Fault = Literal["cut", "page", "empty", "slow", "forbidden", "precondition", "rate", "down"]
STATUS = {"forbidden": 403, "precondition": 412, "rate": 429, "down": 503}
MAINTENANCE = b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body>Back soon</body></html>"


@dataclass(frozen=True)
class Shown:
    """What stands at a path: bytes, their type, and since when, as the header Last-Modified says it."""

    content: bytes
    content_type: str = "text/html; charset=utf-8"
    last_modified: str | None = None

    @property
    def etag(self) -> str:
        """Changes with the bytes."""
        return f'"{hashlib.sha256(self.content).hexdigest()[:16]}"'


@dataclass
class Publisher:
    """What the server shows and how it behaves; everything may be changed while it runs.

    `faults`: by path the ones that the next requests meet, one each. `log`: path with its query, and the status, of
    each request in order. `delay`: seconds that a slow answer takes.
    """

    pages: dict[str, Shown] = field(default_factory=dict)
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    log: list[tuple[str, int]] = field(default_factory=list)
    delay: float = 0.5
    address: str = ""

    @property
    def asked(self) -> list[str]:
        """The paths that were asked for, whatever was answered."""
        return [urlsplit(path).path for path, _ in self.log]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    publisher: Publisher

    def do_GET(self) -> None:
        """Answer as publishers do, or with the fault that is due."""
        path = urlsplit(self.path).path
        faults = self.publisher.faults.get(path)
        fault = faults.pop(0) if faults else None
        page = self.publisher.pages.get(path)
        if fault == "slow":
            time.sleep(self.publisher.delay)
        if fault in STATUS:
            return self._answer(STATUS[fault], Shown(b"Refused", "text/plain"))
        if fault == "page":
            return self._answer(200, Shown(MAINTENANCE))
        if page is None:
            return self._answer(404, Shown(b"No results found.", "text/plain"))
        if fault == "empty":
            return self._answer(200, Shown(b"", page.content_type))
        given = self.headers
        if page.etag == given["If-None-Match"] or (page.last_modified or "") == given["If-Modified-Since"]:
            return self._answer(304, page)
        return self._answer(200, page, is_cut=fault == "cut")

    def _answer(self, status: int, page: Shown, *, is_cut: bool = False) -> None:
        self.publisher.log.append((self.path, status))
        self.send_response(status)
        if status != 304:
            self.send_header("Content-Type", page.content_type)
            self.send_header("Content-Length", str(len(page.content)))
        if status in (200, 304):
            self.send_header("ETag", page.etag)
            if page.last_modified:
                self.send_header("Last-Modified", page.last_modified)
        self.end_headers()
        if status != 304:
            self.wfile.write(page.content[: len(page.content) // 2] if is_cut else page.content)
        if is_cut:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@contextmanager
def publishing(publisher: Publisher | None = None) -> Iterator[Publisher]:
    """A publisher on a free port of this machine, gone at the end."""
    shown = publisher or Publisher()
    handler = type("Handler", (_Handler,), {"publisher": shown})
    with listening(handler) as shown.address:
        yield shown


@dataclass(frozen=True)
class Plain:
    """The least that asks a publisher: one request, no pause, no second try."""

    address: str
    has_key: bool = False
    cap: int | None = None

    def get(self, question: Question, *, etag: str | None = None, last_modified: str | None = None) -> Answer | None:
        """See `Client`."""
        marks = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        connection = HTTPConnection(urlsplit(self.address).netloc, timeout=10)
        try:
            connection.request("GET", question.text, headers={name: mark for name, mark in marks.items() if mark})
            found = connection.getresponse()
            content = found.read()
        except (OSError, HTTPException) as error:
            raise PassingError(f"{question.text}: {error}") from None
        finally:
            connection.close()
        if found.status == 304:
            return None
        if found.status != 200:
            raise (AbsentError if found.status == 404 else AnswerError)(f"{question.text}: {found.status}")
        return Answer(
            address=self.address + question.text,
            status=found.status,
            content=content,
            content_type=found.headers["Content-Type"],
            etag=found.headers["ETag"],
            last_modified=found.headers["Last-Modified"],
            fetched_at=dt.datetime.now(dt.UTC),
        )
