"""A small bulletin page for tests, in the customs' own shape: every row of the table on a line of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from orchestration.sources.gacc_bulletin.parse import ParsedBulletin, parse

Key = tuple[str, str, str | None, dt.date, dt.date, str]
#: A cell is its text, or its text and its attributes.
Cells = Sequence["str | tuple[str, str]"]
#: Line of the first row of figures on every page built here.
FIRST = 9
EXPORTS = "(5) China's Major Exports by Quantity and Value, Jun 2025 (in USD)"
COUNTRIES = "(4) China's Total Export & Import Values by Country/Region, Mar 2026 (in CNY)"
JANUARY_FEBRUARY = "(4) China's Total Export & Import Values by Country/Region, January-February 2025 (in CNY)"
REGIMES = "（17）Export of Selected Commodities by Major Customs Regimes,6.2026"
TWO, DOWN = 'colspan="2"', 'rowspan="2"'
CHIPS = [
    "&nbsp;&nbsp;Integrated circuits", "100 Million PCS", "318.4&nbsp;", "17,218.6", "1,677.7", "90,473.3", "1,390.6",
    "76,108.9", "20.6", "-18.9",
]  # fmt: skip
FOOD = ["Agricultural products*", "—", "-", "8,126.1", "-", "49,337.6", "-", "48,469.1", "-", "1.8"]
CHINA_TRADE = ["Total", "41,046.4", "118,380.0", "22,297.0", "68,466.7", "18,749.4", "49,913.3", "15.0", "11.9", "-1.6"]
REGIME_PAIR: list[Cells] = [
    [("Footwear", DOWN), ("100MP", DOWN), "31", "13,480,231", "-", "-", "1", "1,246,123", "0", "4"],
    ["-7.3", "-8.3", "-", "-", "-5.8", "12.0", "7.2", "1802.8"],
]


def commodity_headings(single: str = "6", total: str = "1-6&nbsp;Total", before: str = "1-6 Total,2024") -> list[Cells]:
    """The headings of a table by commodity: unit, month, year to date, the year before, change."""
    upper = [single, total, before, f"{total}, Year-On-Year(%)"]
    first: Cells = [("Commodity", DOWN), ("Quantity Unit", DOWN), *((text, TWO) for text in upper)]
    return [first, ["Quantity", "Value"] * 4]


def country_headings(single: str | None = "3", total: str = "1- to-3") -> list[Cells]:
    """The headings of a table by country; without a month by itself it is that of January and February."""
    each = [single, total] if single else [total]
    flows = ["Export & Import", "Export", "Import"]
    upper = [flow for flow in flows for _ in each]
    first: Cells = ["Import Source", *upper, (f"{total} Total Year-on-Year (±%)", 'colspan="3"')]
    return [first, ["Export Destination", *each * 3, *flows]]


def regime_headings(*groups: str) -> list[Cells]:
    """The headings of a table by regime."""
    named = groups or ("Ordinary Trade", "Processing Trade", "Bonded logistics", "Other")
    first: Cells = [
        ("Customs Regimes<br />Commodities", DOWN),
        ("Quantity<br />Unit", DOWN),
        *((g, TWO) for g in named),
    ]
    return [first, ["Quantity", "Value"] * len(named)]


def page(
    rows: Sequence[Cells],
    headings: Sequence[Cells] | None = None,
    title: str = EXPORTS,
    unit: str | None = "Unit: USD1 Million",
    date: str | None = "2025/07/14",
    note: str | None = "Note: products marked * include others.",
    titles: str | None = None,
) -> str:
    """The page's text; `titles` stands outside the table, the same as in it unless given."""
    outside = title if titles is None else titles
    head = [f"<!DOCTYPE html><html><head><meta charset='UTF-8'><title>{outside}</title></head><body>"]
    head.append(f'<div class="atcl-ttl">{outside}</div>')
    head.append(f'<div class="atcl-date">{date}</div>' if date else "")
    head.append('<div class="atcl-cnt"><table border="0"><tbody>')
    above: list[Cells] = [[(title, 'colspan="10"')], [(unit or "", 'colspan="10"')]]
    below: list[Cells] = [[(note, 'colspan="10"')]] if note else []
    body = [row_of(cells) for cells in [*above, *(headings or commodity_headings()), *rows, *below]]
    return "\n".join([*head, *body, "</tbody></table></div>", "<p>News\x03</p></body></html>", ""])


def row_of(cells: Cells) -> str:
    """One row of the table on one line."""
    told = [(cell, "") if isinstance(cell, str) else cell for cell in cells]
    return "<tr>" + "".join(f"<td {attributes}><span><b>{text}</b></span></td>" for text, attributes in told) + "</tr>"


def with_cell(cells: Sequence[str], position: int, text: str) -> list[str]:
    """The row with another text in one cell."""
    return [text if n == position else cell for n, cell in enumerate(cells)]


def parsed(folder: Path, text: str | bytes, encoding: str = "utf-8") -> tuple[ParsedBulletin, list[dict[str, Any]]]:
    """Parse a page as a file; what was seen, and the rows."""
    file = folder / "page.html"
    file.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    found = parse(file, folder / "work")
    return found, pq.read_table(found.rows_path).to_pylist()


def by_key(rows: list[dict[str, Any]]) -> dict[Key, dict[str, Any]]:
    """The rows by what identifies a figure."""
    found = {
        (r["row_label"], r["flow"], r["regime_group"], r["period_from"], r["period_to"], r["measure"]): r for r in rows
    }
    assert len(found) == len(rows)
    return found
