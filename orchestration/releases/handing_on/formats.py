"""An answer as a file: CSV, CSV that Excel may open, XLSX, Parquet, JSON; row by row, however long it is.

Belongs here: how a value stands in each, so that what is read back is what was written. Not here: what is asked, and
where the file goes (`export`), nor the sheets of XLSX (`workbook`).

| | no value | empty text | dates | more digits than the reader's numbers have |
|---|---|---|---|---|
| CSV | nothing | `""` | 2024-10-01 | as they are |
| XLSX | no cell | an empty text | dates | text, and said |
| Parquet | null | empty text | dates | as they are |
"""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pyarrow.types as of_type

from orchestration.base.errors import RefusalError
from orchestration.base.plain import bare, json_text

#: How Excel may take a text for a formula; with the sign that guards it, so that taking one away gives the text again.
OBEYED = "^[=+\\-@\t\r\n']"
GUARD = "'"
#: A number that Excel shows rounded when it opens CSV.
DIGITS = 15
BOM = b"\xef\xbb\xbf"
#: Types of DuckDB that a file can hold as they are; whatever else is cast by whoever asks.
HELD = frozenset((
    "boolean", "tinyint", "smallint", "integer", "bigint", "hugeint", "utinyint", "usmallint", "uinteger", "ubigint",
    "float", "double", "decimal", "varchar", "enum", "uuid", "json", "date", "time", "timestamp", "timestamp_s",
    "timestamp_ms", "timestamp_ns", "list", "array", "struct", "map",
))  # fmt: skip
NESTED = ("list", "array", "struct", "map")


@dataclass
class Sheet:
    """What is written: columns, rows as a stream, what the columns mean, and what a reader must know of the whole.

    `types`: by column as DuckDB has it. `remarks`: what was found in the rows that a reader must know, once they are
    written; `rows`: how many there were.
    """

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    types: list[str]
    descriptions: list[str]
    notes: list[tuple[str, str]]
    rows: int = 0
    remarks: list[str] = field(default_factory=list)

    def counted(self) -> Iterator[pa.RecordBatch]:
        """The rows, counted."""
        for batch in self.batches:
            self.rows += batch.num_rows
            yield batch


def refuse_unheld(columns: list[str], types: list[Any]) -> None:
    """`RefusalError` for a type that a file would hold as something else."""
    for name, kind in zip(columns, types, strict=True):
        if not _is_held(kind):
            raise RefusalError(
                f"column {name} is a {kind}, which these files have no form for",
                remedy="write it as text in the question: …::varchar",
            )


def _is_held(kind: Any) -> bool:
    inner = [of for _, of in kind.children if hasattr(of, "id")] if kind.id in NESTED else []
    return kind.id in HELD and all(map(_is_held, inner))


def flat(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch whose columns are numbers, texts, dates and times: what is nested is JSON."""
    columns = [_texts(c) if of_type.is_nested(c.type) or of_type.is_dictionary(c.type) else c for c in batch.columns]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def values(batch: pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
    """The rows of a batch in Python's types; whole decimals are integers."""
    columns = [column.to_pylist() for column in batch.columns]
    for n, column in enumerate(batch.columns):
        if of_type.is_decimal(column.type) and column.type.scale == 0:
            columns[n] = [None if value is None else int(value) for value in columns[n]]
    return zip(*columns, strict=True)


def _texts(column: pa.Array) -> pa.Array:
    def text(value: Any) -> str | None:
        return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=bare)

    return pa.array([text(value) for value in column.to_pylist()], pa.string())


def write_csv(sheet: Sheet, stream: BinaryIO) -> None:
    """RFC 4180 in UTF-8: texts in quotes, so that an empty one is told from none; lines end with CR LF."""
    batches = (flat(batch) for batch in sheet.counted())
    _write_lines(flat(_empty(sheet.schema)).schema, batches, stream)


def _write_lines(schema: pa.Schema, batches: Iterator[pa.RecordBatch], stream: BinaryIO) -> None:
    options = pyarrow.csv.WriteOptions(eol="\r\n", batch_size=10_000)
    with pyarrow.csv.CSVWriter(stream, schema, write_options=options) as writer:
        for batch in batches:
            writer.write_batch(batch)


def write_excel_csv(sheet: Sheet, stream: BinaryIO) -> None:
    """The same with a byte order mark, and no text that Excel would compute.

    Commas: decimals have a point, and where Excel parts cells at semicolons it would take 1.5 for a date. With commas
    such an Excel shows each line in one cell, which nobody takes for figures; XLSX is right everywhere.
    """
    stream.write(BOM)
    zeros: set[str] = set()
    long: set[str] = set()

    def guarded() -> Iterator[pa.RecordBatch]:
        for batch in map(flat, sheet.counted()):
            columns = list(batch.columns)
            for n, column in enumerate(columns):
                name = batch.schema.names[n]
                if of_type.is_string(column.type):
                    if pc.any(pc.match_substring_regex(column, "^0[0-9]+$")).as_py():
                        zeros.add(name)
                    columns[n] = _guarded(column)
                elif of_type.is_integer(column.type) and _is_long(column):
                    long.add(name)
            yield pa.RecordBatch.from_arrays(columns, names=names)

    names = _guarded(pa.array(sheet.schema.names, pa.string())).to_pylist()
    _write_lines(flat(_empty(sheet.schema)).rename_columns(names).schema, guarded(), stream)
    if zeros:
        sheet.remarks.append(f"Excel drops the first 0 of codes when it opens CSV ({', '.join(sorted(zeros))}): "
                             "XLSX keeps it")  # fmt: skip
    if long:
        sheet.remarks.append(f"Excel rounds numbers of more than {DIGITS} digits when it opens CSV "
                             f"({', '.join(sorted(long))}): XLSX has them as text")  # fmt: skip


def _guarded(column: pa.Array) -> pa.Array:
    return pc.if_else(
        pc.match_substring_regex(column, OBEYED), pc.binary_join_element_wise(pa.scalar(GUARD), column, ""), column
    )


def _is_long(column: pa.Array) -> bool:
    found = pc.min_max(column)
    return any(end.is_valid and abs(end.as_py()) >= 10**DIGITS for end in (found["min"], found["max"]))


def write_parquet(sheet: Sheet, stream: BinaryIO) -> None:
    """Each column with its description, the file with the notes, as metadata."""
    described = zip(sheet.schema, sheet.descriptions, strict=True)
    fields = [f.with_metadata({"description": text}) if text else f for f, text in described]
    # As the files of a release say it, too, which have it in one piece.
    said = {name: text for name, text in zip(sheet.schema.names, sheet.descriptions, strict=True) if text}
    schema = pa.schema(fields, metadata={**dict(sheet.notes), "columns": json.dumps(said, ensure_ascii=False)})
    with pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        for batch in sheet.counted():
            writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))


def write_json(sheet: Sheet, stream: BinaryIO) -> None:
    """A list of objects, one a row."""
    out, between = io.TextIOWrapper(stream, encoding="utf-8", newline="\n", write_through=True), "["
    for batch in sheet.counted():
        for row in values(batch):
            out.write(f"{between}\n{json_text(dict(zip(sheet.schema.names, row, strict=True)))}")
            between = ","
    out.write("[]\n" if between == "[" else "\n]\n")
    out.detach()


def _empty(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], f.type) for f in schema], names=schema.names)


def constant(value: str | bool | dt.date, rows: int) -> pa.Array:
    """A column of one value."""
    return pa.repeat(pa.scalar(value), rows)


def significant_digits(value: int | Decimal) -> int:
    """Digits of a number without zeros at its ends."""
    return len(Decimal(value).normalize().as_tuple().digits)
