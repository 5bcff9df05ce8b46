"""Which way a file is received: by the source that it is declared with, once that declaration is whole."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from orchestration.base.plainfile import open_plain
from orchestration.base.settings import Home
from orchestration.landing.code_lists import ReceivedList, receive_list
from orchestration.landing.documents import ReceivedDocument, receive_document
from orchestration.landing.receive import Received, declare, receive_trade
from orchestration.landing.remedies import written_out
from orchestration.landing.scope import Declaration
from orchestration.landing.store import Landing
from orchestration.sources.catalogue import DOCUMENT_SOURCES, LIST_SOURCES, SYNTHETIC_SOURCES
from orchestration.sources.gacc_nomenclature.layout import announces_list

#: More than any header has; a file without line ends is not read whole.
HEADER_BYTES = 1 << 14
Outcome = Received | ReceivedList | ReceivedDocument


def receive_file(
    home: Home,
    file: Path,
    flags: Declaration,
    *,
    dry_run: bool = False,
    compare: bool = False,
    waiting: bool = False,
    landing: Landing | None = None,
) -> Outcome:
    """Receive one file of whatever kind; `RefusalError`, with nothing changed, if it is not sound.

    `compare`: whether what it replaces is told of a file that is received; of one that is only tried it always is.
    `waiting`: it lies in the inbox, where received files stay; one whose receipt was withdrawn is not new there.
    `landing`: one that keeps what it has read, for many files.
    """
    with written_out(home, file, flags, dry_run=dry_run, waiting=waiting):
        declaration = declare(file, flags)
        receive: Callable[..., Outcome] = receive_trade
        if declaration.source in LIST_SOURCES or _is_sample_list(file, declaration, follow=not waiting):
            receive = receive_list
        elif declaration.source in DOCUMENT_SOURCES:
            receive = receive_document
        return receive(home, file, declaration, dry_run=dry_run, compare=compare, waiting=waiting, landing=landing)


def _is_sample_list(file: Path, declaration: Declaration, *, follow: bool) -> bool:
    """Whether it is a code list of the sample: that source has trade and lists, which their headers tell apart."""
    if declaration.source not in SYNTHETIC_SOURCES:
        return False
    # A file that cannot be read is refused, in words, when it is copied.
    with suppress(OSError), open_plain(file, follow=follow) as stream:
        return announces_list(stream.readline(HEADER_BYTES))
    return False
