"""Parsing annual answers of Comtrade: JSON as answered, or the same 47 columns as CSV, in either style of names.

A figure is the row of all modes of transport, customs procedures and second partners, of imports (M) or exports (X);
parts of it are left out by the rule of `comtrade.rows`, and so are re-imports and re-exports, which stand within the
two. Nothing else is chosen: whether a row is reported or aggregated changes from year to year.

Belongs here: what makes a figure. Not here: how a row is read (`comtrade.rows`), nor what the figure is held against.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.base.errors import RefusalError
from orchestration.sources.comtrade import WORLD
from orchestration.sources.comtrade.answer import AGAIN, Cells, rows_in
from orchestration.sources.comtrade.codes import FLOWS, reporters_iso3
from orchestration.sources.comtrade.rows import Row, read_row, totals_of
from orchestration.sources.files.kinds import APART
from orchestration.sources.files.seen import SeenDocument
from orchestration.sources.files.textfile import records, transcode
from orchestration.sources.refusals import UnfitError

SOURCE = "comtrade_annual"
#: Raised whenever the same bytes would give other rows; part of every raw file's name.
PARSER_VERSION = "annual1"
TIME_ZONE = "UTC"
TABLE = "annual"
#: The columns of a raw row. `line`: of a CSV file, or the place among the rows of an answer. `partner_code`, `hs`: all
#: where the figure is of all of them. Values in US dollars as printed; `half_unit`: half of the last digit printed.
ROW_SCHEMA = pa.schema(
    {
        "line": pa.int64(),
        "reporter": pa.string(),
        "flow": pa.string(),
        "partner_code": pa.string(),
        "hs": pa.string(),
        "period_from": pa.date32(),
        "period_to": pa.date32(),
        "classification": pa.string(),
        "value": pa.decimal128(24, 6),
        "half_unit": pa.decimal128(24, 6),
    }
)
#: Names of columns that are in every file.
_COLUMNS = (
    "freqCode", "period", "reporterCode", "flowCode", "partnerCode", "partner2Code", "classificationCode", "cmdCode",
    "customsCode", "motCode", "qtyUnitCode", "qty", "isQtyEstimated", "altQtyUnitCode", "altQty", "isAltQtyEstimated",
    "netWgt", "isNetWgtEstimated", "grossWgt", "cifvalue", "fobvalue", "primaryValue", "legacyEstimationFlag",
    "isReported", "isAggregate",
)  # fmt: skip


def parse(source: Path, workdir: Path, name: str | None = None) -> SeenDocument:
    """Parse one answer into `workdir`; `RefusalError` with file, row, column and remedy if it is not sound.

    Its month is December of the last year; its remarks say how many rows are no figures, and why.
    """
    name = name or source.name
    workdir.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as stream:
        is_json = stream.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"<", b"")
    if is_json:
        printed, encoding = [(n, cells) for n, cells in enumerate(rows_in(source, name), start=1)], "utf-8"
    else:
        text = transcode(source, workdir / "text.csv", name)
        printed, encoding = list(_table(records(text, name), name)), text.encoding
    rows = [read_row(cells, line, name) for line, cells in printed]
    _refuse_others(rows, name)
    flows = [row for row in rows if row.flow_code in FLOWS]
    figures = totals_of(flows, name)
    rows_path = workdir / "rows.parquet"
    pq.write_table(pa.Table.from_pylist([_figure(row) for row in figures], schema=ROW_SCHEMA), rows_path)
    last = max((row.period for row in figures), default=None)
    if last is None:
        raise RefusalError("the answer has no figures of imports or exports", file=name, remedy=AGAIN)
    remarks = []
    if parts := len(flows) - len(figures):
        remarks.append(f"{parts} rows by mode of transport, customs procedure or second partner are parts of others")
    if others := len(rows) - len(flows):
        remarks.append(f"{others} rows of re-imports, re-exports and the like stand within imports and exports")
    month = dt.date(int(last), 12, 1)
    return SeenDocument(rows_path, TABLE, _title(figures), month, encoding, len(figures), tuple(remarks))


def _table(lines: Iterator[tuple[int, list[str]]], name: str) -> Iterator[tuple[int, Cells]]:
    """The rows of a CSV file by the names of the answer, each with its line."""
    _, header = next(lines)
    known = {_bare(column): column for column in _COLUMNS}
    columns = [known.get(_bare(cell)) for cell in header]
    if missing := [column for column in _COLUMNS if columns.count(column) != 1]:
        raise RefusalError(
            f"the first line is no header of Comtrade: {', '.join(missing[:3])} missing, or there twice",
            file=name,
            line=1,
            remedy=AGAIN,
        )
    for line, cells in lines:
        if len(cells) != len(columns):
            raise RefusalError(
                f"{len(cells)} fields where the header has {len(columns)}", file=name, line=line, remedy=AGAIN
            )
        yield line, {column: cell for column, cell in zip(columns, cells, strict=True) if column}


def _bare(name: str) -> str:
    """A name without what tells the styles apart: cmdCode and cmd_code are one."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _refuse_others(rows: Sequence[Row], name: str) -> None:
    """Refuse months among years, and who is no reporter."""
    for row in rows:
        if row.freq != "A" or len(row.period) != len("2024"):
            raise UnfitError(
                f"a row of the month {row.period}, which is no control total",
                file=name,
                line=row.line,
                column="period",
                advice="months are trade: receive them as such, with what was asked for",
                otherwise={
                    "source": "comtrade",
                    "reporter": "<ISO3>",
                    "flow": "<import or export>",
                    "hs": "<prefixes>",
                    "partners": "<all, codes, or world>",
                },
            )
        if row.reporter_code not in reporters_iso3():
            raise RefusalError(
                f"{row.reporter_code!r} is no country that reports",
                file=name,
                line=row.line,
                column="reporterCode",
                remedy=f"{APART}, and leave groups of countries out",
            )


def _figure(row: Row) -> dict[str, object]:
    year = int(row.period)
    return {
        "line": row.line,
        "reporter": reporters_iso3()[row.reporter_code],
        "flow": FLOWS[row.flow_code],
        "partner_code": "all" if row.partner_code == WORLD else row.partner_code,
        "hs": "all" if row.hs_code == "TOTAL" else row.hs_code,
        "period_from": dt.date(year, 1, 1),
        "period_to": dt.date(year, 12, 1),
        "classification": row.classification,
        "value": row.primary_value,
        "half_unit": _half_unit(row.primary_value),
    }


def _half_unit(value: Decimal) -> Decimal:
    """Half of a dollar, or of the last decimal that is printed and not 0."""
    exponent = value.normalize().as_tuple().exponent
    return Decimal("0.5").scaleb(min(int(exponent), 0))


def _title(figures: Sequence[Row]) -> str:
    """What the figures are of: who reports, what, and which years."""
    of_whom = ", ".join(sorted({reporters_iso3()[row.reporter_code] for row in figures}))
    flows = ", ".join(sorted({FLOWS[row.flow_code] + "s" for row in figures}))
    codes = sorted({row.hs_code for row in figures})
    shown = ", ".join(codes[:3]) + (f" and {len(codes) - 3} more" if len(codes) > 3 else "")
    years = [row.period for row in figures]
    return f"UN Comtrade, years {min(years)}..{max(years)}: {of_whom}, {flows}, {shown}"
