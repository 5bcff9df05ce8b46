"""Signals: what must be done whole is, whoever asks the process to end; and what was asked is not forgotten."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap

import pytest

from orchestration.base.settings import PROJECT

ASKED = """
    import os, signal, sys, time
    from orchestration.base import interrupt
    interrupt.PATIENCE = 2
    number = signal.Signals[sys.argv[1]]
    # What is started in the background may ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with interrupt.interruptible(for_good=True):
    {within}
    time.sleep(30)
"""
SWITCH = """
        with interrupt.interruptible(), interrupt.uninterrupted():
            os.kill(os.getpid(), number)
            while not interrupt.farewell():
                time.sleep(0.01)
            print("switched")
"""
#: A library swallows what the signal raised; whoever goes on all the same never begins a switch.
SWALLOWED = """
        try:
            os.kill(os.getpid(), number)
            time.sleep(30)
        except KeyboardInterrupt:
            pass
        for stop in (interrupt.stop_if_asked, interrupt.uninterrupted().__enter__):
            try:
                stop()
                print("went on")
            except KeyboardInterrupt:
                print("stopped")
"""


@pytest.mark.parametrize("how", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize(
    ("within", "done", "said"),
    [
        (SWITCH, "switched\n", "the release had been published"),
        (SWALLOWED, "stopped\nstopped\n", "nothing was published"),
    ],
)
def test_a_process_that_is_asked_to_end(within: str, done: str, said: str, how: str) -> None:
    """It ends, and says whether a release has been published."""
    indented = textwrap.indent(textwrap.dedent(within), " " * 4)
    code = textwrap.dedent(ASKED).format(within=indented)
    ended = subprocess.run(
        [sys.executable, "-u", "-c", code, how], cwd=PROJECT, capture_output=True, text=True, timeout=25, check=False
    )
    assert ended.stdout == done and ended.stderr == f"Interrupted: {said}. The next run goes on from here.\n"
    assert ended.returncode in (130, 143)


def test_what_runs_in_the_background_of_a_script_ends_on_sigterm() -> None:
    """SIGINT is ignored there and stays so; Dagster gives SIGTERM the same handler."""
    within = """
        signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.5)
        print(interrupt.farewell())
        os.kill(os.getpid(), signal.SIGTERM)
    """
    indented = textwrap.indent(textwrap.dedent(within), " " * 4)
    code = textwrap.dedent(ASKED).replace("signal.signal(signal.SIGINT, signal.default_int_handler)\n", "\n")
    ended = subprocess.run(
        [sys.executable, "-u", "-c", code.format(within=indented), "SIGTERM"],
        cwd=PROJECT, capture_output=True, text=True, timeout=25, check=False,
        preexec_fn=lambda: [signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)],
    )  # fmt: skip
    assert ended.stdout == "None\n" and ended.returncode == 143
    assert ended.stderr == "Interrupted: nothing was published. The next run goes on from here.\n"
