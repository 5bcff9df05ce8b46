"""Parsing the customs' English bulletin pages: received bytes to figures in base units, each with its line.

Belongs here: what makes a figure, and what identifies it. How a page is read lies in `bulletin_page` (its table),
`bulletin_title`, `bulletin_columns`, `bulletin_rows` and `bulletin_units`. Whether the figures are true is judged by
gates: a unit that is wrong on the page is kept as printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.sources.files.seen import SeenDocument
from orchestration.sources.gacc.calendar import BEIJING
from orchestration.sources.gacc_bulletin import web
from orchestration.sources.gacc_bulletin.columns import Column, Columns, read_columns
from orchestration.sources.gacc_bulletin.page import BulletinPage, Line, read_page
from orchestration.sources.gacc_bulletin.rows import Record, read_records
from orchestration.sources.gacc_bulletin.text import READ_HERE, Place, fold
from orchestration.sources.gacc_bulletin.title import read_title, table_of
from orchestration.sources.gacc_bulletin.units import (
    Money,
    QuantityUnit,
    absent,
    read_money,
    read_number,
    read_quantity_unit,
)

SOURCE = "gacc_bulletin"
#: Raised whenever the same bytes would give other rows; part of every raw file's name.
PARSER_VERSION = "bulletin1"
TIME_ZONE = BEIJING.key
#: How pages are asked for, and when: most of a month are out on the 10th, some follow until the 20th.
WEB = web.WEB
RELEASE_CRON = "0 17 8,10,14,20 * *"
#: The columns of a raw row, in order. `value` and `half_unit` (half a unit of the last printed digit) are in whole USD,
#: CNY or base units, growth is a fraction (12.5 % is 0.125). Periods are first days of their first and last month.
ROW_SCHEMA = pa.schema(
    {
        "line": pa.int64(),
        "row_label": pa.string(),
        "column_label": pa.string(),
        "flow": pa.string(),
        "regime_group": pa.string(),
        "period_from": pa.date32(),
        "period_to": pa.date32(),
        "measure": pa.string(),
        "printed": pa.string(),
        "value": pa.decimal128(24, 6),
        "half_unit": pa.decimal128(24, 6),
        "unit_as_printed": pa.string(),
        "unit": pa.string(),
    }
)
_PERCENT = Decimal("0.01")


@dataclass(frozen=True)
class ParsedBulletin(SeenDocument):
    """One page. `table`: commodity, country or regime; `flow`: import, export, or both for countries; `currency`: USD
    or CNY; `remarks`: what was read otherwise than printed, and why.
    """

    flow: str
    currency: str


def parse(source: Path, workdir: Path, name: str | None = None) -> ParsedBulletin:
    """Parse one page into `workdir`; `RefusalError` with file, line, column and remedy if it is not sound.

    A cell with a dash is no figure and gives no row. Nothing is written before the whole page has been read.
    """
    name = name or source.name
    page = read_page(source, name)
    titles, units = _above(page)
    title = read_title(page, titles)
    money = read_money(units, [*titles, *page.titles], title.currency, name)
    columns = read_columns(page, title)
    rows: list[dict[str, Any]] = []
    remarks: list[str] = []
    for record in read_records(page, columns):
        rows += _figures(record, columns, money, name, remarks)
    if not rows:
        raise Place(name, page.headings[0].line).refusal(
            "the table is empty: it has no figures", "download the page again, or wait until the figures are out"
        )
    _refuse_twice(rows, name)
    workdir.mkdir(parents=True, exist_ok=True)
    rows_path = workdir / "rows.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=ROW_SCHEMA), rows_path)
    return ParsedBulletin(
        rows_path=rows_path,
        table=title.table,
        title=title.text,
        flow=title.flow,
        month=title.month,
        currency=money.currency,
        encoding=page.encoding,
        rows=len(rows),
        remarks=(*columns.remarks, *money.remarks, *remarks),
    )


def _above(page: BulletinPage) -> tuple[list[Line], list[Line]]:
    """Titles and unit lines above the headings; refuse what is neither: it may change the meaning of the figures."""
    titles = [line for line in page.above if table_of(line.text)]
    units = [line for line in page.above if re.match(r"units?\b", fold(line.text), re.IGNORECASE)]
    for line in page.above:
        if line not in titles and line not in units:
            raise Place(page.name, line.line).refusal(
                f"{line.text!r} above the headings is neither a title known here nor a unit line",
                READ_HERE,
            )
    return titles, units


def _figures(record: Record, columns: Columns, money: Money, name: str, remarks: list[str]) -> Iterator[dict[str, Any]]:
    """The figures of a row, in the order of its columns."""
    unit = None
    if record.unit and not absent(record.unit):
        unit = read_quantity_unit(record.unit, Place(name, record.line, columns.unit_label))
    for column, printed in record.cells:
        if absent(printed):
            continue
        where = Place(name, record.line, column.label)
        counted = unit if column.quantity and not column.growth else None
        if column.quantity and not column.growth and not counted:
            raise where.refusal(f"the quantity {printed!r} without a unit", "wait for a corrected page")
        number = read_number(printed, _scale(column, money, counted), column.growth, where)
        if number.rounded:
            remarks.append(f"line {record.line}, {column.label!r}: {printed!r} is kept with 6 decimal places")
        yield {
            "line": record.line,
            "row_label": record.label,
            "column_label": column.label,
            "flow": column.flow,
            "regime_group": column.regime_group,
            "period_from": column.period_from,
            "period_to": column.period_to,
            "measure": column.measure(money.currency),
            "printed": printed,
            "value": number.value,
            "half_unit": number.half_unit,
            "unit_as_printed": counted.printed if counted else None,
            "unit": counted.unit if counted else None,
        }


def _scale(column: Column, money: Money, unit: QuantityUnit | None) -> Decimal:
    """What a printed 1 is worth."""
    return _PERCENT if column.growth else Decimal(unit.scale if unit else money.scale)


def _refuse_twice(rows: Iterable[dict[str, Any]], name: str) -> None:
    """Refuse two figures for one thing. What identifies a figure is its row's label, its column and its months.

    Rows within a group ("of which: Germany") have labels of their own on every page; where two do not, nothing else
    tells them apart.
    """
    seen: dict[tuple[Any, ...], int] = {}
    for row in rows:
        label = re.sub(r"[\s*]", "", fold(row["row_label"])).casefold()
        key = (label, *(row[part] for part in ("flow", "regime_group", "period_from", "period_to", "measure")))
        if first := seen.get(key):
            raise Place(name, row["line"], row["column_label"]).refusal(
                f"the row {row['row_label']!r} stands twice, first on line {first}",
                "nothing tells which of the two figures counts: wait for a corrected page",
            )
        seen[key] = row["line"]
