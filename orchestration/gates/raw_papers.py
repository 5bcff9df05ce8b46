"""Code lists and documents as gates see them: their receipts, and their rows as they were read, past the models.

Belongs here: reading raw files of what is no trade, where several receipts may say the same thing. Not here: which of
them contradict each other (`expectations/contradictions.sql`).
"""

from __future__ import annotations

import hashlib
from collections import Counter

import duckdb
import pyarrow as pa

from orchestration.base.duck import literal
from orchestration.base.settings import Home
from orchestration.landing.store import CodeListReceipt, LandingState
from orchestration.warehouse.raw_documents import READERS, UnscopedReceipt, document_path, raw_schema, receipts_of
from orchestration.warehouse.snapshot import code_list_table, document_table

#: Of a source by its name, the view of its rows.
VIEW = "{}_row"
VIEWS = frozenset(VIEW.format(source) for source in READERS)


def know_papers(con: duckdb.DuckDBPyConnection, home: Home, state: LandingState) -> None:
    """Tables `code_list` and `document`, and a view of the rows of each source of them: of all its receipts where two
    may be of one day on one subject, else without rows, so that no file is opened.
    """
    for name, rows in (("code_list", code_list_table(state)), ("document", document_table(state))):
        con.register(f"{name}_arrow", rows)
        con.execute(f"create table {name} as select * from {name}_arrow")
    for source, reader in READERS.items():
        receipts = receipts_of(reader, state)
        relation = f"{source}_none"
        con.register(relation, pa.Table.from_batches([], schema=raw_schema(reader)))
        if max(Counter(map(_told, receipts)).values(), default=0) > 1:
            files = ", ".join(literal(document_path(home, reader, receipt)) for receipt in receipts)
            relation = f"read_parquet([{files}], union_by_name = true)"
        con.execute(f"create view {VIEW.format(source)} as select * from {relation}")


def _told(receipt: UnscopedReceipt) -> tuple[object, ...]:
    """What two receipts have in common that may contradict each other; files of rates differ in their last month."""
    if isinstance(receipt, CodeListReceipt):
        return receipt.vintage, *receipt.subject
    return receipt.vintage, receipt.table


def mark_of_papers(home: Home, state: LandingState) -> str:
    """Changes whenever a receipt of a list or document, or its raw file, does."""
    said = []
    for reader in READERS.values():
        for receipt in receipts_of(reader, state):
            path = document_path(home, reader, receipt)
            mark = path.stat() if path.exists() else None
            said.append((repr(receipt), mark and (mark.st_size, mark.st_mtime_ns)))
    return hashlib.sha256(repr(said).encode()).hexdigest()
