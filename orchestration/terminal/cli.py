"""The `bonded` command: the same functions and jobs that Dagster runs, for the terminal.

Exit 0 success, 1 a file, a gate or a rule refused, 2 wrong usage. A user's mistake never shows a stack trace.
"""

from __future__ import annotations

import io
import os
import sys

from orchestration.base.interrupt import farewell
from orchestration.terminal import bringing, handing, looking, output
from orchestration.terminal.command import app
from orchestration.terminal.refusals import exit_code

__all__ = ["app", "bringing", "handing", "looking", "main"]


def main() -> None:
    """Entry point."""
    as_json = "--json" in sys.argv[1:]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name in another script than the terminal's is shown as escapes.
            stream.reconfigure(errors="backslashreplace")
    try:
        code = exit_code(lambda: app(standalone_mode=False), as_json=as_json)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = 1
    if said := farewell():
        output.note(said)
        # To take a process apart that holds a warehouse takes seconds, too, and no thread listens any more.
        sys.stdout.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    main()
