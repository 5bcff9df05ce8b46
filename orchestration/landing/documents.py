"""Receiving documents: bulletins and exchange rates. They say themselves what they are and of which months.

Like receiving trade (`receive`), it changes landing only, or nothing.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.base.settings import Home
from orchestration.landing.arrival import arriving, refuse_trade_scope
from orchestration.landing.names import shown_name
from orchestration.landing.scope import Declaration
from orchestration.landing.store import DocumentReceipt, Landing
from orchestration.sources.catalogue import DOCUMENTS
from orchestration.sources.source import ParsedDocument


@dataclass(frozen=True)
class ReceivedDocument:
    """The outcome for one document: its receipt (None in a dry run) and whether it is new.

    For a new one only: what was seen, and its vintage; in a dry run also the figures, with the reader's columns.
    """

    receipt: DocumentReceipt | None
    is_new: bool
    parsed: ParsedDocument | None = None
    vintage: dt.date | None = None
    figures: pa.Table | None = None


def receive_document(
    home: Home,
    file: Path,
    declaration: Declaration,
    *,
    dry_run: bool = False,
    waiting: bool = False,
    landing: Landing | None = None,
) -> ReceivedDocument:
    """Receive one document of a declared source; `RefusalError`, with nothing changed, if it is not sound."""
    refuse_trade_scope(declaration, "a document", shown_name(file))
    source = declaration.source or ""
    with arriving(home, file, declaration, waiting=waiting, landing=landing) as new:
        known = new.earlier(new.state.papers)
        if known:
            return ReceivedDocument(known, is_new=False)
        parsed = DOCUMENTS[source].parse(new.copy, new.work / "parsed", new.name)
        new.refuse_unknowable(parsed.month)
        if dry_run:
            return ReceivedDocument(None, True, parsed, new.vintage, pq.read_table(parsed.rows_path))
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
        new.keep(receipt)
        return ReceivedDocument(receipt, True, parsed, new.vintage)
