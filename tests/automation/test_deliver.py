"""Messages to a command or a webhook: taken or not, whoever has something to tell goes on in bounded time."""

from __future__ import annotations

import json
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from orchestration.automation import deliver as module
from orchestration.automation.deliver import deliver
from tests.loopback import listening

MESSAGE = {"event": "publication", "text": "ä\nb"}
#: What a server does with the n-th request, from 0.
Behaviour = Callable[[BaseHTTPRequestHandler, int], None]


class Webhook:
    """A server on a free port, and the messages that it was sent."""

    def __init__(self, address: str) -> None:
        self.address: str = address
        self.got: list[tuple[str, Any]] = []


@contextmanager
def webhook(behave: Behaviour) -> Iterator[Webhook]:
    """Serve until the test has ended."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.got.append((self.headers["Content-Type"], json.loads(body)))
            behave(self, len(made.got) - 1)

        def log_message(self, *_: Any) -> None:
            """Silent."""

    with listening(Handler) as address:
        made = Webhook(f"{address}/secret?token=secret")
        yield made


def answers(*statuses: int, **headers: str) -> Behaviour:
    """These statuses in turn, the last one for ever."""

    def behave(request: BaseHTTPRequestHandler, n: int) -> None:
        request.send_response(statuses[min(n, len(statuses) - 1)])
        for name, text in headers.items():
            request.send_header(name.replace("_", "-"), text)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return behave


def told(address: str, seconds: float = 20) -> str | None:
    """What is said of one message."""
    (why,) = deliver(address, [MESSAGE], seconds)
    return why


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses between attempts that nobody has to wait for."""
    monkeypatch.setattr(module, "PAUSES", (0.01, 0.02, 0.04, None))


def test_a_webhook_gets_json() -> None:
    """Each message once; whatever the server says beside its status."""
    with webhook(answers(204)) as server:
        assert deliver(server.address, [MESSAGE, {"event": "other"}], 20) == [None, None]
    assert sorted(server.got, key=str) == sorted(
        [("application/json", MESSAGE), ("application/json", {"event": "other"})], key=str
    )


@pytest.mark.parametrize(("first", "attempts"), [(500, 2), (503, 2), (429, 2)])
def test_what_may_pass_is_tried_again(first: int, attempts: int) -> None:
    """Too many at once, and faults of the server."""
    with webhook(answers(first, 200)) as server:
        assert told(server.address) is None and len(server.got) == attempts


@pytest.mark.parametrize(("status", "attempts"), [(400, 1), (404, 1), (413, 1), (302, 1), (500, 4), (429, 4)])
def test_a_wrong_status_is_told_without_the_secret_address(status: int, attempts: int) -> None:
    """Once for what does not pass, a few times for what might."""
    with webhook(answers(status, Location="/secret")) as server:
        assert told(server.address) == f"the webhook at 127.0.0.1 answered {status}"
        assert len(server.got) == attempts


@pytest.mark.parametrize(("seconds", "slept", "attempts"), [("7", [7.0], 2), ("3600", [], 1), ("soon", [0.01], 2)])
def test_who_asks_for_a_pause_gets_it_within_the_limit(
    seconds: str, slept: list[float], attempts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`Retry-After` in seconds; beyond the limit there is no second attempt."""
    pauses: list[float] = []
    with webhook(answers(429, 200, Retry_After=seconds)) as server:
        monkeypatch.setattr(module.time, "sleep", pauses.append)
        assert (told(server.address) is None) == (attempts == 2)
        assert (pauses, len(server.got)) == (slept, attempts)


def test_nobody_listens() -> None:
    """Tried a few times."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/secret"
    assert told(address) == "the webhook at 127.0.0.1 could not be reached"


def hangs(_: BaseHTTPRequestHandler, __: int) -> None:
    """Never answer."""
    time.sleep(30)


def drips(request: BaseHTTPRequestHandler, _: int) -> None:
    """A header that never ends, a byte at a time: no wait for a byte is ever long."""
    request.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    for _ in range(3_000):
        request.wfile.write(b"x")
        request.wfile.flush()
        time.sleep(0.01)


@pytest.mark.parametrize("behave", [hangs, drips])
def test_a_server_that_hangs_costs_the_limit(behave: Behaviour) -> None:
    """And not a second attempt, since the message may have been taken."""
    with webhook(behave) as server:
        assert told(server.address, 0.4) == "the webhook at 127.0.0.1 had not answered after 0.4 s"
        assert len(server.got) <= 1


def test_many_messages_wait_side_by_side() -> None:
    """Each is answered only once all are there."""
    there = threading.Barrier(5)
    with webhook(lambda request, n: there.wait(20) is None or answers(200)(request, n)) as server:
        assert deliver(server.address, [MESSAGE] * 5, 20) == [None] * 5


def test_what_is_no_answer_is_told() -> None:
    """Not HTTP at all."""
    with webhook(lambda request, _: request.wfile.write(b"\0nonsense\r\n\r\n") and None) as server:
        assert told(server.address) == "the webhook at 127.0.0.1 broke off, or answered what is no HTTP"
        assert len(server.got) == 1


@pytest.mark.parametrize("address", ["http://", "http://[", "https://?"])
def test_an_address_that_is_none(address: str) -> None:
    """Told in words, whatever the library raises."""
    assert "the webhook" in (told(address) or "")


def script(folder: Path, text: str) -> Path:
    """A program below a path with a blank."""
    path = folder / "my hooks" / "tell us"
    path.parent.mkdir()
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_a_command_gets_json_on_its_standard_input(tmp_path: Path) -> None:
    """By a path with blanks, or with arguments as a shell takes them."""
    path = script(tmp_path, f'cat > "{tmp_path}/$1.json"')
    assert told(str(path)) is None and told(f"'{path}' 'a b'") is None
    for name in ("", "a b"):
        assert json.loads((tmp_path / f"{name}.json").read_bytes()) == MESSAGE


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("echo begun; echo 'no such channel' >&2; exit 3", "ended with 3: no such channel"),
        ("exit 1", "ended with 1"),
        ("exec <&-; exit 0", None),
        ("kill -9 $$", "ended with -9"),
    ],
)
def test_a_command_that_fails(tmp_path: Path, text: str, why: str | None) -> None:
    """Its last word is told."""
    path = script(tmp_path, text)
    assert told(str(path)) == (why and f"the command {path} {why}")


def test_a_command_that_sleeps_is_stopped_with_all_it_has_started(tmp_path: Path) -> None:
    """Also what it left in the background, which holds its output open."""
    path = script(tmp_path, f"sleep 600 & echo $! > '{tmp_path}/pid'; sleep 600")
    assert told(str(path), 1) == f"the command {path} had not ended after 1 s and was stopped"
    left = Path("/proc", (tmp_path / "pid").read_text(encoding="utf-8").strip(), "stat")
    while left.exists() and left.read_text(encoding="utf-8").split()[2] != "Z":
        time.sleep(0.01)


@pytest.mark.parametrize("address", ["/nowhere/at all", "no-such-command-anywhere --now", "'unclosed", " "])
def test_a_command_that_is_none(address: str) -> None:
    """Told in words."""
    assert "could not be started: No such file or directory" in (told(address) or "")


def test_nothing_to_tell() -> None:
    """Nobody is bothered."""
    assert deliver("/nowhere", [], 1) == []
