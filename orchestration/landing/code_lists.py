"""Receiving code lists: they say themselves what they are, so nothing but their source and vintage is declared.

Like receiving trade (`receive`), it changes landing only, or nothing.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from orchestration.errors import RefusalError
from orchestration.landing.names import shown_name
from orchestration.landing.receive import Received, copy_in, declare, receive, refuse_other_kind
from orchestration.landing.scope import Declaration
from orchestration.landing.store import CodeListReceipt, Landing, LandingState
from orchestration.release_calendar import beijing_today
from orchestration.settings import LIST_SOURCES, Home
from orchestration.sources.gacc_nomenclature import SOURCE, ParsedList, parse


@dataclass(frozen=True)
class ListChange:
    """What a list changes against the one that counts now: numbers of codes added, removed and renamed."""

    receipt_id: str
    added: int
    removed: int
    renamed: int


@dataclass(frozen=True)
class ReceivedList:
    """The outcome for one list: its receipt (None in a dry run) and whether it is new.

    For a new one only: what was seen, the vintage, whether it is the one that counts, and what it would replace.
    """

    receipt: CodeListReceipt | None
    is_new: bool
    parsed: ParsedList | None = None
    vintage: dt.date | None = None
    counts: bool = True
    change: ListChange | None = None


def receive_file(
    home: Home,
    file: Path,
    flags: Declaration,
    *,
    dry_run: bool = False,
    waiting: bool = False,
    landing: Landing | None = None,
) -> Received | ReceivedList:
    """Receive one file, trade or code list as its declared source says; see `receive` for the rest."""
    receiver = receive_list if declare(file, flags).source in LIST_SOURCES else receive
    return receiver(home, file, flags, dry_run=dry_run, waiting=waiting, landing=landing)


def receive_list(
    home: Home,
    file: Path,
    flags: Declaration,
    *,
    dry_run: bool = False,
    waiting: bool = False,
    landing: Landing | None = None,
) -> ReceivedList:
    """Receive one code list; `RefusalError`, with nothing changed, if it or its declaration is not sound.

    `waiting`: it lies in the inbox, where one whose receipt was withdrawn is not new.
    """
    name, declaration = shown_name(file), declare(file, flags)
    _refuse_trade_scope(declaration, name)
    landing, vintage = landing or Landing(home), declaration.vintage or beijing_today()
    with landing.receiving() as work:
        copy, sha256, size = copy_in(file, work / "bytes", follow=not waiting)
        state = landing.state()
        refuse_other_kind(state, declaration, name)
        known = _known(state, sha256, declaration.vintage, waiting)
        if known:
            return ReceivedList(known, is_new=False)
        parsed = parse(copy, work / "parsed", name)
        _refuse_future(vintage, name)
        if dry_run:
            counts, change = _change(landing, state, parsed, vintage, work)
            return ReceivedList(None, True, parsed, vintage, counts, change)
        receipt = CodeListReceipt(
            sequence=state.sequence + 1,
            receipt_id=f"r{state.sequence + 1:06d}-{sha256[:8]}",
            sha256=sha256,
            bytes=size,
            name=name,
            received_at=dt.datetime.now(dt.UTC),
            vintage=vintage,
            source=SOURCE,
            list=parsed.list,
            year=parsed.year,
            language=parsed.language,
            encoding=parsed.encoding,
            rows=parsed.rows,
        )
        landing.keep_bytes(copy, sha256)
        landing.append(receipt)
        return ReceivedList(receipt, True, parsed, vintage)


def _refuse_trade_scope(declaration: Declaration, name: str) -> None:
    said = declaration.model_dump(exclude={"source", "vintage"}, exclude_none=True)
    if said:
        raise RefusalError(
            f"{', '.join(said)} do{'es' if len(said) == 1 else ''} not fit the source {declaration.source}: "
            "a code list has no scope of trade",
            file=name,
            remedy=f"bonded receive {name} --source {declaration.source}  (trade figures have --source gacc)",
        )


def _refuse_future(vintage: dt.date, name: str) -> None:
    today = beijing_today()
    if vintage > today:
        raise RefusalError(
            f"the vintage {vintage} lies in the future (today in Beijing: {today})",
            file=name,
            remedy="give the date on which the list stood so: --vintage YYYY-MM-DD",
        )


def _known(state: LandingState, sha256: str, vintage: dt.date | None, waiting: bool) -> CodeListReceipt | None:
    """The receipt that these bytes have already, at that vintage if one is declared (docs/rules.md, rule 6)."""
    same = [r for r in (state.lists if waiting else state.code_lists) if r.sha256 == sha256]
    return next((r for r in reversed(same) if vintage in (None, r.vintage)), None)


def _change(
    landing: Landing, state: LandingState, parsed: ParsedList, vintage: dt.date, work: Path
) -> tuple[bool, ListChange | None]:
    """Whether the list would be the one that counts, and its difference from the one that counts now."""
    subject = (parsed.list, parsed.year, parsed.language)
    now = next((r for r in reversed(state.code_lists) if r.subject == subject), None)
    if now is None:
        return True, None
    old = _names(parse(landing.bytes_path(now.sha256), work / "now", now.name))
    new = _names(parsed)
    renamed = sum(old[code] != new[code] for code in old.keys() & new.keys())
    change = ListChange(now.receipt_id, len(new.keys() - old.keys()), len(old.keys() - new.keys()), renamed)
    return vintage >= now.vintage, change


def _names(parsed: ParsedList) -> dict[str, str | None]:
    table = pq.read_table(parsed.rows_path, columns=["code", "name"])
    return dict(zip(table["code"].to_pylist(), table["name"].to_pylist(), strict=True))
