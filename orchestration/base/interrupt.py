"""Ctrl-C and SIGTERM: a run ends within seconds, whatever it is computing, and never halfway through a switch.

A query keeps Python from hearing a signal until it returns. So a thread listens beside it, gives the run a moment to
end by itself, and then ends the process: it may be killed at any time, but for the switch, which is finished first.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

#: Seconds in which a run may end by itself, and say why.
PATIENCE = 3.0
SIGNALS = (signal.SIGINT, signal.SIGTERM)
_asked, _switched, _switching = threading.Event(), threading.Event(), threading.Lock()
_listening = False


def stop_if_asked() -> None:
    """`KeyboardInterrupt` if this process has been asked to end: what has just failed may have failed for that."""
    # The thread that listens may hear of it a moment later than the query that was cut off.
    if _listening and _asked.wait(0.1):
        raise KeyboardInterrupt


def farewell() -> str | None:
    """What a process says that has been asked to end; None if nobody asked."""
    what = "the release had been published" if _switched.is_set() else "nothing was published"
    return f"Interrupted: {what}. The next run goes on from here." if _asked.is_set() else None


@contextmanager
def uninterrupted() -> Iterator[None]:
    """What is done within is done whole; `KeyboardInterrupt` instead if the process has been asked to end."""
    with _switching, _deaf():
        if _asked.is_set():
            raise KeyboardInterrupt
        yield
        _switched.set()


@contextmanager
def _deaf() -> Iterator[None]:
    """No signal raises an exception in what is done within; the thread that listens hears it all the same."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in before.items():
        if handler not in (None, signal.SIG_IGN):
            signal.signal(number, lambda *_: None)
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler not in (None, signal.SIG_IGN):
                signal.signal(number, handler)


@contextmanager
def interruptible(*, for_good: bool = False) -> Iterator[None]:
    """Who asks this process to end while it is within sees it end; other threads than the main one cannot listen.

    One within another leaves it to the outer. `for_good`: the process was made for what is within, so it ends in time
    even where that has ended by itself.
    """
    global _listening
    if _listening or threading.current_thread() is not threading.main_thread():
        yield
        return
    ear, mouth = socket.socketpair()
    mouth.setblocking(False)
    ended = threading.Event()
    found = {number: signal.getsignal(number) for number in SIGNALS}
    heard = _tended(found)
    before = signal.set_wakeup_fd(mouth.fileno(), warn_on_full_buffer=False)
    listener = threading.Thread(target=_listen, args=(ear, ended, heard), daemon=True, name="interrupt")
    listener.start()
    _listening = True
    try:
        yield
    finally:
        _listening = False
        signal.set_wakeup_fd(before)
        for number, handler in found.items():
            if handler in (signal.SIG_DFL, signal.SIG_IGN):
                signal.signal(number, handler)
        mouth.close()
        # It ends at once, unless it has just heard something that nobody knows yet.
        listener.join(0.2)
        if not (for_good and _asked.is_set()):
            ended.set()


def _tended(found: Mapping[signal.Signals, object]) -> set[signal.Signals]:
    """The signals by which this process is asked to end, each with somebody who handles it.

    Where nobody does, the system ends a process at once, without a word, or a query is never told. A script ignores
    SIGINT for what it starts in the background, which stays so; but Dagster gives SIGTERM the handler of SIGINT, so
    there must be one, or nothing but a kill would end the run.
    """
    ignored = {number for number in SIGNALS if number == signal.SIGINT and found[number] == signal.SIG_IGN}
    for number, handler in found.items():
        if number in ignored:
            signal.signal(number, lambda *_: None)
        elif handler in (signal.SIG_DFL, signal.SIG_IGN):
            signal.signal(number, signal.default_int_handler)
    return set(SIGNALS) - ignored


def _listen(ear: socket.socket, ended: threading.Event, asking: set[signal.Signals]) -> None:
    with ear:
        while heard := ear.recv(1):
            if heard[0] in asking:
                _asked.set()
                if not ended.wait(PATIENCE):
                    with _switching:
                        os.write(2, f"{farewell()}\n".encode())
                        os._exit(128 + heard[0])
