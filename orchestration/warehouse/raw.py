"""The raw stage: one immutable Parquet file for each (receipt, month).

A pure function of the received bytes and the parser's version: written once, whole, and never again; months
never share a file, so that months may run in parallel.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from orchestration.base.duck import cursor, literal
from orchestration.base.settings import Home
from orchestration.landing.reading import parse_receipt
from orchestration.landing.store import Landing, Receipt
from orchestration.sources.catalogue import TRADE
from orchestration.sources.source import Source

#: What the receipt says of each of its rows, before the source's own columns.
HEAD = dict.fromkeys(("receipt_id", "parser_version", "source", "reporter", "flow", "currency"), "varchar")


def raw_path(home: Home, receipt: Receipt, month: dt.date) -> Path:
    """Where the rows of a receipt's month lie."""
    folder = home.raw / receipt.scope.source / f"month={month:%Y-%m}"
    return folder / f"{receipt.receipt_id}.{TRADE[receipt.scope.source].parser_version}.parquet"


def trade_schema_path(home: Home, source: Source) -> Path:
    """Where the file without rows lies: models read every source, whether anything of it was received or not."""
    return home.raw / source.name / f"none.{source.parser_version}.parquet"


def write_trade_schema(home: Home, source: Source) -> None:
    """Write the file without rows, if it is not there yet."""
    target = trade_schema_path(home, source)
    if target.exists():
        return
    none = ", ".join(f"null::{kind} as {name}" for name, kind in {**HEAD, **source.raw_columns}.items())
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_suffix(".part")
    with cursor() as con:
        con.execute(f"copy (select {none} where false) to {literal(aside)} (format parquet)")
    aside.replace(target)


def remove_leftovers(home: Home) -> None:
    """Remove what a killed run was at work on; only for who holds the right to write to the warehouse."""
    for folder in home.raw.glob(".work-*"):
        shutil.rmtree(folder)


def write_raw(home: Home, receipt: Receipt, months: Iterable[dt.date]) -> list[dt.date]:
    """Write those of the months that are not there yet; returns the months written."""
    missing = [m for m in months if not raw_path(home, receipt, m).exists()]
    if not missing:
        return []
    home.raw.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.raw, prefix=".work-") as work:
        parsed = parse_receipt(Landing(home), receipt, Path(work))
        for month in missing:
            _write_month(home, receipt, month, parsed.rows_path, Path(work))
    return missing


def _write_month(home: Home, receipt: Receipt, month: dt.date, rows: Path, work: Path) -> None:
    scope, target, source = receipt.scope, raw_path(home, receipt, month), TRADE[receipt.scope.source]
    constants = {
        "receipt_id": receipt.receipt_id,
        "parser_version": source.parser_version,
        "source": scope.source,
        "reporter": scope.reporter,
        "flow": scope.flow,
        "currency": scope.currency,
    }
    head = ", ".join(f"{literal(value)} as {name}" for name, value in constants.items())
    aside = work / f"{month:%Y-%m}.parquet"
    with cursor() as con:
        con.execute(
            f"copy (select {head}, {', '.join(source.raw_columns)} from read_parquet({literal(rows)}) "
            f"where month = date '{month}') to {literal(aside)} (format parquet, compression zstd)"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    aside.replace(target)


def month_sums(home: Home, receipt: Receipt, month: dt.date) -> tuple[int, int]:
    """Rows of a raw file, and the sum of their values in whole units of the receipt's currency."""
    rows = TRADE[receipt.scope.source].rows(f"read_parquet({literal(raw_path(home, receipt, month))})")
    with cursor() as con:
        [(count, value)] = con.execute(f"select count(*), coalesce(sum(value), 0)::bigint from ({rows})").fetchall()
    return count, value
