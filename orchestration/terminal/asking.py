"""How a command is told which release it asks, and as known on which day.

Belongs here: options of commands that read tables, and what is said of a day. Not here: what they do with the tables.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.base.settings import Home
from orchestration.terminal import output

if TYPE_CHECKING:
    from orchestration.releases.as_of import AsOf

ReleaseOption = Annotated[str | None, typer.Option("--release", help="A release; the current one by default.")]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", help="Tables as of this date (YYYY-MM-DD, in each source's time zone).")
]


def typed_day(text: str | None) -> dt.date | None:
    """The day that was typed, if any; wrong usage if it is none."""
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date: write YYYY-MM-DD", param_hint="--as-of") from None


def known_on(home: Home, day: dt.date, release: str) -> AsOf:
    """The tables as known on a day; says on stderr what they are made of."""
    from orchestration.releases.as_of import as_of

    made = as_of(home, day, release)
    output.note(f"as known on {day}: {made.known} of {made.held} receipts; built for this question, not audited")
    return made
