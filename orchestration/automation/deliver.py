"""Handing messages to somebody outside, a command or a webhook, in bounded time.

Belongs here: how a message leaves. Not here: what there is to tell, and when (`news`). Nothing here fails, and nothing
that the other side does can hold up whoever has something to tell.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from orchestration.base.plain import printable

Message = Mapping[str, Any]
#: Seconds between attempts at a webhook; the last one is not followed by another.
PAUSES = (0.5, 1.0, 2.0, None)


def deliver(address: str, messages: Sequence[Message], seconds: float) -> list[str | None]:
    """Hand over all messages, side by side; of each why it was not taken, in words, or None.

    `address`: an http(s) address, which each message is posted to as JSON, or a command, which gets it on its standard
    input. `seconds`: the time for all of them together.
    """
    why: list[str | None] = [f"{_named(address)} had not answered after {seconds:g} s"] * len(messages)

    def hand_over(n: int) -> None:
        way = _post if _is_webhook(address) else _run
        try:
            said = way(address, json.dumps(messages[n]).encode(), seconds)
        except Exception as error:
            # Whatever a library stumbles over is no fault of the run.
            said = f"could not be told ({type(error).__name__})"
        why[n] = said and f"{_named(address)} {said}"

    # One that hangs in a system call ends with this process.
    threads = [threading.Thread(target=hand_over, args=(n,), daemon=True) for n in range(len(messages))]
    deadline = time.monotonic() + seconds + 0.5
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return list(why)


def _is_webhook(address: str) -> bool:
    return address.lower().startswith(("http://", "https://"))


def _named(address: str) -> str:
    """What is told, without what may be secret: a webhook's path, a command's arguments."""
    if _is_webhook(address):
        try:
            return f"the webhook at {printable(urlsplit(address).hostname or 'no host')}"
        except ValueError:
            return "the webhook, whose address cannot be read,"
    return f"the command {printable(_arguments(address)[0])}"


def _arguments(address: str) -> list[str]:
    """The command: a file as it is named, blanks and all, or words as a shell would take them."""
    if Path(address).is_file():
        return [address]
    try:
        return shlex.split(address) or [address]
    except ValueError:
        return [address]


def _run(address: str, message: bytes, seconds: float) -> str | None:
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(
                _arguments(address),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=said,
                start_new_session=True,
            )
        except OSError as error:
            return f"could not be started: {error.strerror}"
        try:
            process.communicate(message, timeout=seconds)
        except subprocess.TimeoutExpired:
            # With all that it has started.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return f"had not ended after {seconds:g} s and was stopped"
        if process.returncode == 0:
            return None
        said.seek(0)
        lines = said.read(10_000).decode(errors="replace").strip().splitlines()
        return f"ended with {process.returncode}" + (f": {printable(lines[-1])[:200]}" if lines else "")


def _post(address: str, message: bytes, seconds: float) -> str | None:
    """Post it, again after a pause where that may help: nobody there, too many at once, a fault of the server."""
    import requests

    deadline, why = time.monotonic() + seconds, ""
    for pause in PAUSES:
        wait = pause
        try:
            left = max(0.1, deadline - time.monotonic())
            answer = requests.post(
                address,
                data=message,
                headers={"Content-Type": "application/json"},
                timeout=left,
                allow_redirects=False,
                stream=True,
            )
        except requests.ReadTimeout:
            return f"had not answered after {seconds:g} s"
        except requests.ConnectionError as error:
            why = "could not be reached"
            if not _is_unsent(error):
                # It may have been taken: nobody is told twice.
                return "broke off, or answered what is no HTTP"
        else:
            with answer:
                if answer.status_code < 300:
                    return None
                why = f"answered {answer.status_code}"
                if answer.status_code != 429 and answer.status_code < 500:
                    return why
                asked = answer.headers.get("Retry-After", "")
                if pause is not None and asked.isdigit():
                    wait = max(pause, float(asked))
        if wait is None or time.monotonic() + wait >= deadline:
            break
        time.sleep(wait)
    return why


def _is_unsent(error: Exception) -> bool:
    from urllib3.exceptions import MaxRetryError

    return bool(error.args) and isinstance(error.args[0], MaxRetryError)
