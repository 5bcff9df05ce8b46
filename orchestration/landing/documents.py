"""Receiving documents: bulletins and exchange rates. They say themselves what they are and of which months.

Like receiving trade (`receive`), it changes landing only, or nothing.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.base.errors import RefusalError
from orchestration.base.months import format_month
from orchestration.base.settings import Home
from orchestration.landing.arrival import Arrival, arriving, read_alone, refuse_trade_scope
from orchestration.landing.names import shown_name
from orchestration.landing.records import Fetched
from orchestration.landing.scope import Declaration
from orchestration.landing.store import DocumentReceipt, Landing
from orchestration.sources.catalogue import DOCUMENTS
from orchestration.sources.source import ParsedDocument

#: Where a figure stands and how it is printed: the same figure may stand on another line of another print.
_NO_KEY = frozenset({"line", "column_label", "printed", "unit_as_printed", "classification"})


@dataclass(frozen=True)
class FigureChange:
    """A figure that an earlier document prints otherwise: what identifies it, and both values."""

    figure: str
    old: Decimal
    new: Decimal


@dataclass(frozen=True)
class DocumentChange:
    """What a document changes against the earlier one of the same months, or against the last one of its table.

    `counts`: whether the new one is the later print. `same`: figures that both print alike; None: the earlier one
    cannot be read any more.
    """

    receipt_id: str
    counts: bool
    same: int | None = None
    changed: tuple[FigureChange, ...] = ()


@dataclass(frozen=True)
class ReceivedDocument:
    """The outcome for one document: its receipt (None in a dry run) and whether it is new.

    For a new one only: what was seen, and its vintage; where it was asked for, what it replaces; in a dry run also the
    figures, with the reader's columns. `remarks`: what is odd about receiving it.
    """

    receipt: DocumentReceipt | None
    is_new: bool
    parsed: ParsedDocument | None = None
    vintage: dt.date | None = None
    figures: pa.Table | None = None
    change: DocumentChange | None = None
    remarks: tuple[str, ...] = ()


def receive_document(
    home: Home,
    file: Path,
    declaration: Declaration,
    *,
    dry_run: bool = False,
    compare: bool = False,
    waiting: bool = False,
    landing: Landing | None = None,
    fetched: Fetched | None = None,
) -> ReceivedDocument:
    """Receive one document of a declared source; `RefusalError`, with nothing changed, if it is not sound.

    `fetched`: how it came over the network.
    """
    refuse_trade_scope(declaration, "a document", shown_name(file))
    source = declaration.source or ""
    with arriving(home, file, declaration, waiting=waiting, landing=landing, fetched=fetched) as new:
        known = new.earlier(new.state.papers)
        if known:
            return ReceivedDocument(known, is_new=False, remarks=() if dry_run else new.restored())
        with read_alone(new.name):
            parsed = DOCUMENTS[source].parse(new.copy, new.work / "parsed", new.name)
            new.refuse_unknowable(parsed.month)
        change = _change(new, parsed, source) if dry_run or compare else None
        outcome = ReceivedDocument(None, True, parsed, new.vintage, None, change, new.clock_remarks())
        if dry_run:
            return replace(outcome, figures=pq.read_table(parsed.rows_path))
        receipt = DocumentReceipt(
            **new.stamp(),
            vintage=new.vintage,
            source=source,
            table=parsed.table,
            title=parsed.title,
            month=parsed.month,
            encoding=parsed.encoding,
            rows=parsed.rows,
            remarks=tuple(parsed.remarks),
        )
        return replace(outcome, receipt=receipt, remarks=(*outcome.remarks, *new.keep(receipt)))


def _change(new: Arrival, parsed: ParsedDocument, source: str) -> DocumentChange | None:
    """The difference from the earlier document; None where there is none of that table."""
    earlier = [r for r in new.state.documents if (r.source, r.table) == (source, parsed.table)]
    if not earlier:
        return None
    now = ([r for r in earlier if r.month == parsed.month] or earlier)[-1]
    reader, counts = DOCUMENTS[source], new.vintage >= now.vintage
    try:
        before = reader.parse(new.landing.bytes_path(now.sha256), new.work / "now", now.name)
    except (RefusalError, OSError):
        return DocumentChange(now.receipt_id, counts)
    old, fresh = (_figures(document.rows_path, reader.ROW_SCHEMA) for document in (before, parsed))
    both = old.keys() & fresh.keys()
    changed = tuple(FigureChange(figure, old[figure], fresh[figure]) for figure in fresh if figure in both
                    and old[figure] != fresh[figure])  # fmt: skip
    return DocumentChange(now.receipt_id, counts, len(both) - len(changed), changed)


def _figures(rows: Path, schema: pa.Schema) -> dict[str, Decimal]:
    """The figures of a document by what identifies them, in words; the first decimal of a row is its figure."""
    value = next(field.name for field in schema if pa.types.is_decimal(field.type))
    keys = [f.name for f in schema if f.name not in _NO_KEY and not pa.types.is_decimal(f.type)]
    return {" ".join(_shown(row[key]) for key in keys if row[key]): row[value] for row in
            pq.read_table(rows).to_pylist() if row[value] is not None}  # fmt: skip


def _shown(value: object) -> str:
    return format_month(value) if isinstance(value, dt.date) else str(value)
