"""Parsing monthly answers of Comtrade: one reporter, one flow, codes of one length, every row a total.

Values are printed in dollars with up to three decimals. They are kept as printed; what the warehouse adds up are whole
dollars, rounded row by row, so that a sum may be off by half a dollar a row (`Source.is_rounded`).

Belongs here: everything that can be said of an answer by itself. Not here: what was asked (`web`, `landing.scope`), nor
answers for years (`comtrade_annual`).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.base.errors import RefusalError
from orchestration.sources.comtrade import WORLD
from orchestration.sources.comtrade.answer import rows_in
from orchestration.sources.comtrade.codes import FLOWS, reporters_iso3, unit
from orchestration.sources.comtrade.rows import THOUSANDTH, Row, read_row, totals_of
from orchestration.sources.files.kinds import APART
from orchestration.sources.files.seen import SeenTrade, seen_trade
from orchestration.sources.refusals import UnfitError

#: Raised whenever the same bytes would give other rows; part of every raw file's name.
PARSER_VERSION = "comtrade1"
#: The columns of a raw row and their types: what is printed, but for names.
RAW_COLUMNS = {
    "month": "date",
    "line": "bigint",
    "classification": "varchar",
    "hs_code": "varchar",
    "partner_code": "varchar",
    "primary_value": "decimal(24, 6)",
    "cif_value": "decimal(24, 6)",
    "fob_value": "decimal(24, 6)",
    "qty": "decimal(24, 6)",
    "qty_unit_code": "bigint",
    "qty_unit": "varchar",
    "is_qty_estimated": "boolean",
    "alt_qty": "decimal(24, 6)",
    "alt_qty_unit_code": "bigint",
    "alt_qty_unit": "varchar",
    "is_alt_qty_estimated": "boolean",
    "net_weight": "decimal(24, 6)",
    "is_net_weight_estimated": "boolean",
    "gross_weight": "decimal(24, 6)",
    "estimation_flag": "bigint",
    "is_reported": "boolean",
    "is_aggregate": "boolean",
}
#: What they say in the words of all sources. A quantity without a unit, and a weight of nothing beside a value, are not
#: known, whatever number stands there.
SAYS = {
    "value": "round(primary_value)::bigint",
    "quantity_1": "if(qty_unit is null, null, round(qty)::bigint)",
    "unit_1": "qty_unit",
    "quantity_2": "if(alt_qty_unit is null, null, round(alt_qty)::bigint)",
    "unit_2": "alt_qty_unit",
    "net_weight_kg": "if(net_weight = 0 and primary_value > 0, null, round(net_weight)::bigint)",
    "weight_is_estimated": "if(net_weight_kg is null, null, is_net_weight_estimated)",
}
_AMOUNT = pa.decimal128(24, 6)
_TYPES = {
    "date": pa.date32(),
    "bigint": pa.int64(),
    "varchar": pa.string(),
    "boolean": pa.bool_(),
    "decimal(24, 6)": _AMOUNT,
}
SCHEMA = pa.schema({name: _TYPES[kind] for name, kind in RAW_COLUMNS.items()})


def parse(
    source: Path,
    workdir: Path,
    *,
    name: str | None = None,
    header: str | None = None,
    month: dt.date | None = None,  # noqa: ARG001 - every row has one
) -> SeenTrade:
    """The rows of one answer, in `workdir`; `RefusalError` with file, row, column and remedy if it is not sound.

    `line` is the place of a row among those of `data`, from 1, since an answer may stand on one line.
    """
    name = name or source.name
    workdir.mkdir(parents=True, exist_ok=True)
    if header is not None:
        raise UnfitError(
            "a header was given, and an answer of Comtrade has none",
            file=name,
            advice="leave the header out",
            otherwise={"header": None},
        )
    printed = [read_row(cells, line, name) for line, cells in enumerate(rows_in(source, name), start=1)]
    _refuse_years(printed, name)
    _refuse_mixed(printed, name)
    rows = _without_world(totals_of(printed, name), name)
    rows_path = workdir / "rows.parquet"
    pq.write_table(pa.Table.from_pylist([_raw(row) for row in rows], schema=SCHEMA), rows_path)
    seen = seen_trade(
        rows_path,
        SAYS,
        encoding="utf-8",
        currency="USD",
        columns=tuple(name for name in RAW_COLUMNS if name != "line") if rows else (),
        code_length=len(rows[0].hs_code) if rows else 6,
    )
    is_world = bool(rows) and rows[0].partner_code == WORLD
    return replace(
        seen,
        dimensions=("month", "hs_code") if is_world else seen.dimensions,
        has_partner=not is_world,
        reporter=reporters_iso3()[rows[0].reporter_code] if rows else None,
        flow=FLOWS[rows[0].flow_code] if rows else None,
    )


def _raw(row: Row) -> dict[str, object]:
    kept = {name: found for name, found in row._asdict().items() if name in RAW_COLUMNS}
    return {
        **kept,
        "month": dt.date(int(row.period[:4]), int(row.period[4:]), 1),
        "partner_code": None if row.partner_code == WORLD else row.partner_code,
        "qty_unit": unit(row.qty_unit_code),
        "alt_qty_unit": unit(row.alt_qty_unit_code),
    }


def _refuse_years(rows: Sequence[Row], name: str) -> None:
    """Figures of a year cannot be split into months: they are received as control totals of them."""
    for row in rows:
        if row.freq == "A" or len(row.period) == len("2024"):
            parts = ("dataset", "reporter", "flow", "hs", "partners", "months", "regimes", "provinces", "currency")
            raise UnfitError(
                f"a row of the whole year {row.period[:4]}: it cannot be split into months",
                file=name,
                line=row.line,
                column="period",
                advice="an answer for years is a document of control totals",
                otherwise={"source": "comtrade_annual", **dict.fromkeys(parts)},
            )


def _refuse_mixed(rows: Sequence[Row], name: str) -> None:
    """Refuse a second reporter, flow or length of codes, and what no file of details can have."""
    for row in rows:
        what, column, remedy = None, "", APART
        if row.flow_code not in FLOWS:
            what, column = f"the flow {row.flow_code} is a part of imports (M) or exports (X)", "flowCode"
            remedy = "ask for flowCode=M or flowCode=X"
        elif row.reporter_code not in reporters_iso3():
            what, column = f"the reporter {row.reporter_code} is no country that reports by month", "reporterCode"
            remedy = "ask for one country"
        elif row.hs_code == "TOTAL":
            what, column = "a row of all goods together among details", "cmdCode"
            remedy = "ask for codes, or for AG2, AG4 or AG6, which are all of 2, 4 or 6 digits"
        elif row.reporter_code != rows[0].reporter_code:
            what, column = f"reporters {rows[0].reporter_code} and {row.reporter_code} are mixed", "reporterCode"
        elif row.flow_code != rows[0].flow_code:
            what, column = f"flows {rows[0].flow_code} and {row.flow_code} are mixed", "flowCode"
        elif len(row.hs_code) != len(rows[0].hs_code):
            short, long = sorted((len(rows[0].hs_code), len(row.hs_code)))
            what = f"codes of {short} and {long} digits are mixed: totals would be added to their parts"
            column, remedy = "cmdCode", "make one query for each code length"
        if what:
            raise RefusalError(what, file=name, line=row.line, column=column, remedy=remedy)


def _without_world(rows: list[Row], name: str) -> list[Row]:
    """The rows, without those of all partners together if there are others: where the others add up to them."""
    worlds = [row for row in rows if row.partner_code == WORLD]
    if len(worlds) in (0, len(rows)):
        return rows
    parts: dict[tuple[str, ...], list[Decimal]] = defaultdict(list)
    for row in rows:
        if row.partner_code != WORLD:
            parts[row.period, row.hs_code].append(row.primary_value)
    for row in worlds:
        found = parts[row.period, row.hs_code]
        if abs(sum(found, Decimal(0)) - row.primary_value) > THOUSANDTH * (len(found) + 1):
            raise RefusalError(
                f"{row.hs_code} of {row.period}: all partners together are {row.primary_value:,f}, "
                f"those beside them {sum(found, Decimal(0)):,f}",
                file=name,
                line=row.line,
                column="partnerCode",
                remedy="ask for all partners together (partnerCode=0) in a query of its own",
            )
    return [row for row in rows if row.partner_code != WORLD]
