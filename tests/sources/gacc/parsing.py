"""Parsing bytes in tests, and the plainest reading of an export to compare with."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path
from typing import Any

import duckdb

from orchestration.sources.gacc.parse import ParsedFile, parse


def rows_of(parsed: ParsedFile) -> list[dict[str, Any]]:
    """The parsed rows as dictionaries."""
    cursor = duckdb.execute(f"select * from read_parquet('{parsed.rows_path}') order by line")
    names = [d[0] for d in cursor.description or ()]
    return [{n: v for n, v in zip(names, values, strict=True) if n != "bad"} for values in cursor.fetchall()]


def parse_bytes(data: bytes, folder: Path, **options: Any) -> ParsedFile:
    """Parse bytes as a file named export.csv."""
    path = folder / "export.csv"
    path.write_bytes(data)
    return parse(path, folder / "work", **options)


def plainly(path: Path, encoding: str, concepts: tuple[str, ...], header_line: bool) -> list[dict[str, Any]]:
    """The typed cells of every row, by `csv.reader` and Python's own types; what the file lacks is not there."""
    with path.open(encoding=encoding, newline="") as stream:
        printed = list(csv.reader(stream))[header_line:]
    return [{c: _plain(c, cell) for c, cell in zip(concepts, cells, strict=False)} for cells in printed]


def _plain(concept: str, cell: str) -> Any:
    if concept == "month":
        return dt.date(int(cell[:4]), int(cell[4:]), 1)
    if concept.startswith(("quantity", "unit")) and cell in {"-", "—", "?"}:
        return None
    return int(cell.replace(",", "")) if concept.startswith(("quantity", "value")) else cell
