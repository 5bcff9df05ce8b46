"""Which way a file is received: by the source that it is declared with, once that declaration is whole."""

from __future__ import annotations

from pathlib import Path

from orchestration.landing.code_lists import ReceivedList, receive_list
from orchestration.landing.receive import Received, declare, receive_trade
from orchestration.landing.scope import Declaration
from orchestration.landing.store import Landing
from orchestration.settings import LIST_SOURCES, Home

Outcome = Received | ReceivedList


def receive_file(
    home: Home,
    file: Path,
    flags: Declaration,
    *,
    dry_run: bool = False,
    waiting: bool = False,
    landing: Landing | None = None,
) -> Outcome:
    """Receive one file of whatever kind; `RefusalError`, with nothing changed, if it is not sound.

    `waiting`: it lies in the inbox, where received files stay; one whose receipt was withdrawn is not new there.
    `landing`: one that keeps what it has read, for many files.
    """
    declaration = declare(file, flags)
    if declaration.source in LIST_SOURCES:
        return receive_list(home, file, declaration, dry_run=dry_run, waiting=waiting, landing=landing)
    return receive_trade(home, file, declaration, dry_run=dry_run, waiting=waiting, landing=landing)
