"""A file that arrives, trade or not: copied and hashed while landing is held, then kept whole or not at all.

Belongs here: what receiving anything shares. Not here: what a file says (`receive`, `code_lists`, `documents`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb

from orchestration.base.errors import RefusalError
from orchestration.base.hashes import file_sha256
from orchestration.base.months import format_month, last_day
from orchestration.base.plainfile import open_plain
from orchestration.base.settings import Home
from orchestration.base.today import today_in
from orchestration.landing.names import shown_name
from orchestration.landing.records import AnyReceipt, Fetched, is_made_up
from orchestration.landing.remarks import of_the_clock
from orchestration.landing.remedies import HOME
from orchestration.landing.scope import Declaration
from orchestration.landing.state import LandingState, Unscoped
from orchestration.landing.store import Landing
from orchestration.sources.catalogue import TRADE, time_zone_of
from orchestration.sources.refusals import UnfitError
from orchestration.sources.source import place_of

_LOG = logging.getLogger(__name__)


class StillChangingError(RefusalError):
    """A file that somebody is writing: nothing has been received, and nothing is wrong with it yet."""


@dataclass(frozen=True)
class Arrival:
    """One file that is being received. `copy`: its bytes in the work folder; `state`: the records before it;
    `vintage`: as declared, else today in the source's time zone.

    `waiting`: it lies in the inbox, where received files stay; one whose receipt was withdrawn is not new there.
    `fetched`: how it came over the network; None: it was brought.
    """

    landing: Landing
    state: LandingState
    work: Path
    copy: Path
    name: str
    sha256: str
    bytes: int
    declaration: Declaration
    vintage: dt.date
    waiting: bool
    fetched: Fetched | None = None

    def earlier(self, receipts: Sequence[Unscoped]) -> Unscoped | None:
        """The latest of the receipts that these bytes have already, at that vintage if one is declared (rule 6).

        For what has no scope of trade: its declaration is its source, and what was asked for if it was fetched.
        """
        gone = frozenset[str]() if self.waiting else self.state.withdrawn
        said = self.declaration
        same = [r for r in receipts if (r.sha256, r.source) == (self.sha256, said.source) and r.receipt_id not in gone]
        if self.fetched:
            return next((r for r in reversed(same) if r.fetched and r.fetched.request == self.fetched.request), None)
        return next((r for r in reversed(same) if said.vintage in (None, r.vintage)), None)

    def stamp(self) -> dict[str, Any]:
        """What every receipt says of the event itself."""
        sequence = self.state.sequence + 1
        return {
            "sequence": sequence,
            "receipt_id": f"r{sequence:06d}-{self.sha256[:8]}",
            "sha256": self.sha256,
            "bytes": self.bytes,
            "name": self.name,
            "received_at": dt.datetime.now(dt.UTC),
            **({"fetched": self.fetched} if self.fetched else {}),
        }

    def keep(self, receipt: AnyReceipt) -> tuple[str, ...]:
        """Keep the bytes, then the record that makes them a receipt; what is told of it."""
        told = self.restored()
        self.landing.keep_bytes(self.copy, self.sha256)
        self.landing.append(receipt)
        return told

    def restored(self) -> tuple[str, ...]:
        """Put the bytes back where an earlier receipt has them, if they are missing there or damaged; and say so."""
        stored = self.landing.bytes_path(self.sha256)
        receipts = chain[AnyReceipt](self.state.receipts, self.state.lists, self.state.papers)
        earlier = next((r for r in receipts if r.sha256 == self.sha256), None)
        if earlier is None or (stored.is_file() and file_sha256(stored) == self.sha256):
            return ()
        stored.unlink(missing_ok=True)
        self.landing.keep_bytes(self.copy, self.sha256)
        return (f"the stored bytes of {earlier.receipt_id} were missing or damaged, and have been restored",)

    def clock_remarks(self) -> tuple[str, ...]:
        """What is told if this machine's clock was set back."""
        is_today = self.declaration.vintage is None
        return of_the_clock(self.state, dt.datetime.now(dt.UTC), self.vintage, is_today=is_today)

    def refuse_unknowable(self, month: dt.date | None = None) -> None:
        """Refuse a vintage in the future, and one before the end of a month that the content speaks of."""
        zone = _time_zone(self.declaration)
        today = today_in(zone)
        if self.vintage > today:
            raise UnfitError(
                f"the vintage {self.vintage} lies in the future (today in {place_of(zone)}: {today})",
                file=self.name,
                advice="give the date on which it stood so, today's at the latest",
                otherwise={"vintage": str(today)},
            )
        if month and last_day(month) > self.vintage:
            what = f"month {format_month(month)} ends after the vintage {self.vintage}: it could not be known then"
            if last_day(month) > today:
                raise RefusalError(what, file=self.name, remedy="it has not ended: the month in the file is wrong")
            raise UnfitError(
                what,
                file=self.name,
                advice=f"give the date on which it stood so, between {last_day(month)} and {today}",
                otherwise={"vintage": str(today)},
            )


@contextmanager
def read_alone(name: str) -> Iterator[None]:
    """What goes wrong in here is a refusal of this file, whatever it is: it must not stop the others.

    A disk that is full is no fault of the file, and no refusal.
    """
    try:
        yield
    except (RefusalError, OSError, duckdb.IOException):
        raise
    except Exception as error:
        if isinstance(error, duckdb.OutOfMemoryException) and "temp_directory" in str(error):
            raise
        said = str(error).partition("\n")[0][:200]
        _LOG.info("%s could not be read", name, exc_info=True)
        raise RefusalError(
            f"it cannot be read as what it is declared to be ({type(error).__name__}: {said})",
            file=name,
            remedy="download it again and bring it unchanged; if it is sound, its source has to be taught to read it",
        ) from error


@contextmanager
def arriving(
    home: Home,
    file: Path,
    declaration: Declaration,
    *,
    waiting: bool,
    landing: Landing | None,
    fetched: Fetched | None = None,
) -> Iterator[Arrival]:
    """Hold the landing for one file; `RefusalError` if it cannot be read, or the home holds the other kind."""
    name, landing = shown_name(file), landing or Landing(home)
    with landing.receiving() as work:
        copy, sha256, size = copy_in(file, work / "bytes", follow=not waiting)
        state = landing.state()
        refuse_other_kind(state, declaration, name, fetched)
        vintage = declaration.vintage or today_in(_time_zone(declaration))
        yield Arrival(landing, state, work, copy, name, sha256, size, declaration, vintage, waiting, fetched)


def _time_zone(declaration: Declaration) -> str:
    """Whose day it is; of a file without a source, which is refused for that, nobody's."""
    return time_zone_of(declaration.source) if declaration.source else "UTC"


def refuse_trade_scope(declaration: Declaration, what: str, name: str) -> None:
    """Refuse any part of a scope of trade for what has none."""
    said = declaration.model_dump(exclude={"source", "vintage"}, exclude_none=True)
    if said:
        raise UnfitError(
            f"{', '.join(said)} do{'es' if len(said) == 1 else ''} not fit the source {declaration.source}: "
            f"{what} has no scope of trade",
            file=name,
            advice=f"trade has a source of trade ({', '.join(TRADE)}); {what} is declared by source and vintage",
            otherwise=dict.fromkeys(said),
        )


def refuse_other_kind(state: LandingState, declaration: Declaration, name: str, fetched: Fetched | None = None) -> None:
    """A home is real or synthetic from its first receipt on (docs/rules.md, rule 7)."""
    if state.first is None or declaration.source is None:
        return
    if state.is_synthetic != is_made_up(declaration.source, fetched):
        kind = "synthetic" if state.is_synthetic else "real"
        raise UnfitError(
            f"this home holds {kind} receipts (source {state.first.source}); "
            f"{declaration.source}{' from there' if fetched else ''} never shares it",
            file=name,
            advice="give it a home of its own",
            otherwise={HOME: "<another folder>"},
        )


def copy_in(file: Path, target: Path, *, follow: bool) -> tuple[Path, str, int]:
    """Copy and hash; what cannot be read, or changes while it is read, is refused. Writing errors are no refusals.

    `follow`: whether a symbolic link may be followed.
    """
    digest, size = hashlib.sha256(), 0
    with target.open("wb") as out:
        for chunk in _chunks(file, follow):
            digest.update(chunk)
            size += len(chunk)
            out.write(chunk)
    return target, digest.hexdigest(), size


def _chunks(file: Path, follow: bool) -> Iterator[bytes]:
    try:
        with open_plain(file, follow=follow) as source:
            before = os.fstat(source.fileno())
            while chunk := source.read(1 << 20):
                yield chunk
            after = os.fstat(source.fileno())
    except OSError as error:
        raise RefusalError(
            f"the file cannot be read ({error.strerror})",
            file=shown_name(file),
            remedy="it must be a plain file that this user may read",
        ) from None
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise StillChangingError(
            "the file changed while it was read", file=shown_name(file), remedy="wait until it is complete, then again"
        )
