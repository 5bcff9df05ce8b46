"""Ctrl-C and SIGTERM: a run ends within seconds, whatever it is computing, and never halfway through a switch.

A query keeps Python from hearing a signal until it returns. So a thread listens beside it, gives the run a moment to
end by itself, and then ends the process: it may be killed at any time, but for the switch, which is finished first.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

#: Seconds in which a run may end by itself, and say why.
PATIENCE = 3.0
_asked, _switched, _switching = threading.Event(), threading.Event(), threading.Lock()


@contextmanager
def uninterrupted() -> Iterator[None]:
    """What is done within is done whole; `KeyboardInterrupt` instead if the process has been asked to end."""
    with _switching:
        if _asked.is_set():
            raise KeyboardInterrupt
        yield
        _switched.set()


@contextmanager
def interruptible() -> Iterator[None]:
    """Who asks this process to end while it is within sees it end; other threads than the main one cannot listen."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ear, mouth = socket.socketpair()
    mouth.setblocking(False)
    ended = threading.Event()
    before = signal.set_wakeup_fd(mouth.fileno(), warn_on_full_buffer=False)
    threading.Thread(target=_listen, args=(ear, ended), daemon=True, name="interrupt").start()
    try:
        yield
    finally:
        ended.set()
        signal.set_wakeup_fd(before)
        mouth.close()


def _listen(ear: socket.socket, ended: threading.Event) -> None:
    with ear:
        while heard := ear.recv(1):
            if heard[0] in (signal.SIGINT, signal.SIGTERM):
                _asked.set()
                if not ended.wait(PATIENCE):
                    with _switching:
                        what = "the release had been published" if _switched.is_set() else "nothing was published"
                        os.write(2, f"Interrupted: {what}. The next run goes on from here.\n".encode())
                        os._exit(128 + heard[0])
