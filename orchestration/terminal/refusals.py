"""Whatever stops a command, in words and with its exit code: 1 a file, a gate, a rule or the system, 2 wrong usage.

Belongs here: errors that end a command. Not here: how they are printed (`output`).
"""

from __future__ import annotations

import errno
from collections.abc import Callable

import duckdb
import typer
from pydantic import ValidationError

from orchestration.base.errors import RefusalError
from orchestration.terminal import output

FULL = "the disk is full; landing and what readers see are whole"
ROOM = "make room (docs/runbook.md says what takes it), then type the same again"
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
NO_RIGHT = (errno.EROFS, errno.EACCES, errno.EPERM)


def exit_code(command: Callable[[], int | None], *, as_json: bool) -> int:
    """Do what was typed; what stops it is told, as JSON too where that was asked for."""
    try:
        return command() or 0
    except BrokenPipeError:
        raise  # nobody reads any more
    except typer.Abort:
        return 130
    except Exception as error:
        code, reason = _told(error)
        output.refused(reason, as_json=as_json)
        return code


def _told(error: Exception) -> tuple[int, RefusalError | str]:
    """Exit code and words; whatever is neither a refusal nor the system's is a defect, and raised."""
    if isinstance(error, RefusalError):
        return 1, error
    if isinstance(error, OSError):
        return 1, of_system(error)
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        flag = f"--{first['loc'][0]}: " if first["loc"] else ""
        return 2, flag + first["msg"].removeprefix("Value error, ")
    if isinstance(error, duckdb.Error):
        said = str(error).splitlines()[0]
        return 1, RefusalError(said, remedy="bonded doctor names what is damaged")
    if type(error).__module__.startswith(("sqlalchemy.", "sqlite3")):
        said = str(error).splitlines()[0]
        if "full" in said or "disk I/O" in said:
            return 1, RefusalError(f"{FULL} ({said})", remedy=ROOM)
        return 1, RefusalError(f"Dagster's history: {said}", remedy="bonded doctor names what is damaged")
    if hasattr(error, "exit_code"):
        message = error.format_message() if hasattr(error, "format_message") else str(error)
        return error.exit_code, message
    if isinstance(error, ValueError):
        return 2, str(error)
    raise error


def of_system(error: OSError) -> RefusalError:
    """What the system did not let be done."""
    what, file = error.strerror or str(error), error.filename and str(error.filename)
    if error.errno in NO_ROOM:
        return RefusalError(FULL, file=file, remedy=ROOM)
    if error.errno in NO_RIGHT:
        return RefusalError(
            f"the system does not let this user do that ({what})",
            file=file,
            remedy="let this user read and write there, or work on a copy of the home",
        )
    return RefusalError(f"the system says: {what}", file=file, remedy="mend that, then type the same again")
