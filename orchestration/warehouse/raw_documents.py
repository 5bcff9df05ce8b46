"""The raw stage of what is no trade: one immutable Parquet file a receipt, and one a source without rows.

A pure function of the received bytes and the reader's version. The file without rows lets models read a source of which
nothing has been received.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.base.settings import Home
from orchestration.landing.store import CodeListReceipt, DocumentReceipt, Landing, LandingState
from orchestration.sources.catalogue import CODE_LISTS, DOCUMENTS
from orchestration.sources.source import Reader

UnscopedReceipt = CodeListReceipt | DocumentReceipt
#: Every reader of what is no trade, by source. The sample's code list is read, and lies, as the customs' own do.
READERS: dict[str, Reader] = {CODE_LISTS.SOURCE: CODE_LISTS, **DOCUMENTS}


def raw_schema(reader: Reader) -> pa.Schema:
    """Columns of a raw file: the receipt, the reader's version, then the reader's own."""
    head = [pa.field("receipt_id", pa.string()), pa.field("parser_version", pa.string())]
    return pa.schema([*head, *reader.ROW_SCHEMA])


def receipts_of(reader: Reader, state: LandingState) -> list[UnscopedReceipt]:
    """The receipts that are not withdrawn and whose bytes it reads."""
    if reader.SOURCE == CODE_LISTS.SOURCE:
        return list(state.code_lists)
    return [receipt for receipt in state.documents if receipt.source == reader.SOURCE]


def document_path(home: Home, reader: Reader, receipt: UnscopedReceipt) -> Path:
    """Where the rows of a receipt lie."""
    return home.raw / reader.SOURCE / f"{receipt.receipt_id}.{reader.PARSER_VERSION}.parquet"


def schema_path(home: Home, reader: Reader) -> Path:
    """Where the file without rows lies: there is always one file to read."""
    return home.raw / reader.SOURCE / f"none.{reader.PARSER_VERSION}.parquet"


def write_schema(home: Home, reader: Reader) -> None:
    """Write the file without rows, if it is not there yet."""
    if not schema_path(home, reader).exists():
        _write(raw_schema(reader).empty_table(), schema_path(home, reader))


def write_document(home: Home, reader: Reader, receipt: UnscopedReceipt) -> bool:
    """Write the rows of a receipt if they are not there yet; returns whether they were written."""
    target, schema = document_path(home, reader, receipt), raw_schema(reader)
    if target.exists():
        return False
    with tempfile.TemporaryDirectory() as work:
        parsed = reader.parse(Landing(home).bytes_path(receipt.sha256), Path(work) / "parsed", receipt.name)
        rows = pq.read_table(parsed.rows_path)
    constants = {"receipt_id": receipt.receipt_id, "parser_version": reader.PARSER_VERSION}
    for position, (name, value) in enumerate(constants.items()):
        rows = rows.add_column(position, schema.field(name), pa.array([value] * rows.num_rows, pa.string()))
    _write(rows, target)
    return True


def missing_raw(home: Home, state: LandingState) -> list[str]:
    """Sources of which a file that models read is not there."""
    return [
        source
        for source, reader in READERS.items()
        if not schema_path(home, reader).exists()
        or not all(document_path(home, reader, receipt).exists() for receipt in receipts_of(reader, state))
    ]


def _write(table: pa.Table, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_suffix(".part")
    pq.write_table(table, aside, compression="zstd")
    aside.replace(target)
