"""The raw stage of code lists: one immutable Parquet file a receipt, and one without rows, so that models can read."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.landing.store import CodeListReceipt, Landing
from orchestration.settings import Home
from orchestration.sources.gacc_nomenclature import PARSER_VERSION, ROW_SCHEMA, SOURCE, parse

RAW_SCHEMA = pa.schema([pa.field("receipt_id", pa.string()), pa.field("parser_version", pa.string()), *ROW_SCHEMA])


def list_path(home: Home, receipt: CodeListReceipt) -> Path:
    """Where the rows of a list lie."""
    return home.raw / SOURCE / f"{receipt.receipt_id}.{PARSER_VERSION}.parquet"


def schema_path(home: Home) -> Path:
    """Where the file without rows lies: there is always one file to read."""
    return home.raw / SOURCE / f"none.{PARSER_VERSION}.parquet"


def write_schema(home: Home) -> None:
    """Write the file without rows, if it is not there yet."""
    if not schema_path(home).exists():
        _write(pa.Table.from_pylist([], schema=RAW_SCHEMA), schema_path(home))


def write_list(home: Home, receipt: CodeListReceipt) -> bool:
    """Write the rows of a list if they are not there yet; returns whether they were written."""
    if list_path(home, receipt).exists():
        return False
    with tempfile.TemporaryDirectory() as work:
        parsed = parse(Landing(home).bytes_path(receipt.sha256), Path(work), receipt.name)
        rows = pq.read_table(parsed.rows_path)
    constants = {"receipt_id": receipt.receipt_id, "parser_version": PARSER_VERSION}
    for position, (name, value) in enumerate(constants.items()):
        rows = rows.add_column(position, RAW_SCHEMA.field(name), pa.array([value] * rows.num_rows, pa.string()))
    _write(rows, list_path(home, receipt))
    return True


def _write(table: pa.Table, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_suffix(".part")
    pq.write_table(table, aside, compression="zstd")
    aside.replace(target)
