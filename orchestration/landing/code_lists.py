"""Receiving code lists: they say themselves what they are, so nothing but their source and vintage is declared.

Like receiving trade (`receive`), it changes landing only, or nothing.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.parquet as pq

from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.landing.arrival import Arrival, arriving, read_alone, refuse_trade_scope
from orchestration.landing.names import shown_name
from orchestration.landing.scope import Declaration
from orchestration.landing.store import CodeListReceipt, Landing
from orchestration.sources.gacc_nomenclature.parse import SOURCE, ParsedList, parse


@dataclass(frozen=True)
class ListChange:
    """What a list changes against the one that counts now: numbers of codes added, removed and renamed.

    None: that one cannot be read any more.
    """

    receipt_id: str
    added: int | None = None
    removed: int | None = None
    renamed: int | None = None


@dataclass(frozen=True)
class ReceivedList:
    """The outcome for one list: its receipt (None in a dry run) and whether it is new.

    For a new one only: what was seen, the vintage, and, where it was asked for, whether it is the one that counts, and
    what it replaces. `remarks`: what is odd about it.
    """

    receipt: CodeListReceipt | None
    is_new: bool
    parsed: ParsedList | None = None
    vintage: dt.date | None = None
    counts: bool = True
    change: ListChange | None = None
    remarks: tuple[str, ...] = ()


def receive_list(
    home: Home,
    file: Path,
    declaration: Declaration,
    *,
    dry_run: bool = False,
    compare: bool = False,
    waiting: bool = False,
    landing: Landing | None = None,
) -> ReceivedList:
    """Receive one code list; `RefusalError`, with nothing changed, if it or its declaration is not sound."""
    refuse_trade_scope(declaration, "a code list", shown_name(file))
    with arriving(home, file, declaration, waiting=waiting, landing=landing) as new:
        known = new.earlier(new.state.lists)
        if known:
            return ReceivedList(known, is_new=False, remarks=() if dry_run else new.restored())
        with read_alone(new.name):
            parsed = parse(new.copy, new.work / "parsed", new.name)
        new.refuse_unknowable()
        counts, change = _change(new, parsed) if dry_run or compare else (True, None)
        outcome = ReceivedList(None, True, parsed, new.vintage, counts, change, new.clock_remarks())
        if dry_run:
            return outcome
        receipt = CodeListReceipt(
            **new.stamp(),
            vintage=new.vintage,
            source=declaration.source or SOURCE,
            list=parsed.list,
            year=parsed.year,
            language=parsed.language,
            encoding=parsed.encoding,
            rows=parsed.rows,
        )
        return replace(outcome, receipt=receipt, remarks=(*outcome.remarks, *new.keep(receipt)))


def _change(new: Arrival, parsed: ParsedList) -> tuple[bool, ListChange | None]:
    """Whether the list would be the one that counts, and its difference from the one that counts now."""
    subject = (parsed.list, parsed.year, parsed.language)
    now = next((r for r in reversed(new.state.code_lists) if r.subject == subject), None)
    if now is None:
        return True, None
    try:
        before = _names(parse(new.landing.bytes_path(now.sha256), new.work / "now", now.name))
    except (RefusalError, OSError):
        return new.vintage >= now.vintage, ListChange(now.receipt_id)
    after = _names(parsed)
    renamed = sum(before[code] != after[code] for code in before.keys() & after.keys())
    added, removed = len(after.keys() - before.keys()), len(before.keys() - after.keys())
    return new.vintage >= now.vintage, ListChange(now.receipt_id, added, removed, renamed)


def _names(parsed: ParsedList) -> dict[str, str | None]:
    table = pq.read_table(parsed.rows_path, columns=["code", "name"])
    return dict(zip(table["code"].to_pylist(), table["name"].to_pylist(), strict=True))
