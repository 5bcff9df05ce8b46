"""Parsing the customs' bulletin pages: the real ones, against patterns in their source and cells read by eye."""

from __future__ import annotations

import csv
import datetime as dt
import html
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from orchestration.base.errors import RefusalError
from orchestration.sources.gacc_bulletin.parse import parse
from tests.conftest import REALDATA
from tests.sources.gacc_bulletin.pages import (
    by_key,
)

BULLETINS = REALDATA / "gacc_bulletins"
#: page → table, flow, month, currency, figures, part of its only remark
PAGES = {
    "gacc_2025-06_exports_usd.html": ("commodity", "export", "2025-06-01", "USD", 192, "confirms it"),
    "gacc_2026-02_exports_usd.html": ("commodity", "export", "2026-02-01", "USD", 192, None),
    "gacc_2026-06_imports_usd.html": ("commodity", "import", "2026-06-01", "USD", 244, None),
    "gacc_2026-06_regimes_exports.html": ("regime", "export", "2026-06-01", "USD", 372, "year to date"),
    "release_section4_by_country_janfeb2025_cny.html": ("country", "both", "2025-02-01", "CNY", 180, None),
    "release_section4_by_country_mar2026_cny.html": ("country", "both", "2026-03-01", "CNY", 270, None),
}
NOT_READ = {
    "gacc_index_2025.html": (194, "an index of bulletins"),
    "release_section4_by_country_jan2018_cny.html": (145, "the table is an image"),
}


def printed_figures(text: str) -> list[tuple[int, str]]:
    """Line of the row and text of each figure below the two rows of headings, by patterns in the page's source."""
    found = []
    body = text[text.index("<table") : text.rindex("</table>")]
    rows = list(re.finditer(r"<tr>(.*?)</tr>", body, re.DOTALL))
    for row in rows[4:]:
        line = text.count("\n", 0, text.index("<table") + row.start()) + 1
        for cell in re.findall(r"<td[^>]*>(.*?)</td>", row[1], re.DOTALL):
            plain = html.unescape(re.sub(r"<[^>]*>", "", cell)).strip()
            if re.fullmatch(r"-?[\d,]+(\.\d+)?", plain):
                found.append((line, plain))
    return found


@pytest.mark.realdata
def test_every_real_page_is_read_or_refused(tmp_path: Path) -> None:
    """No page of the archive is left out of these two lists."""
    assert {path.name for path in BULLETINS.glob("*.html")} == PAGES.keys() | NOT_READ.keys()
    for name, (line, message) in NOT_READ.items():
        with pytest.raises(RefusalError, match=message) as refused:
            parse(BULLETINS / name, tmp_path)
        assert refused.value.line == line
    assert not list(tmp_path.iterdir())


@pytest.mark.realdata
@pytest.mark.parametrize("name", PAGES)
def test_a_real_page_loses_no_figure(tmp_path: Path, name: str) -> None:
    """Line by line the figures that patterns find in the source, and as many as were counted."""
    table, flow, month, currency, figures, remark = PAGES[name]
    found = parse(BULLETINS / name, tmp_path)
    assert (found.table, found.flow, str(found.month), found.currency) == (table, flow, month, currency)
    assert found.encoding == "utf-8" and found.rows == figures
    assert len(found.remarks) == (remark is not None) and all(remark in said for said in found.remarks if remark)
    rows = pq.read_table(found.rows_path).to_pylist()
    source = (BULLETINS / name).read_bytes().decode()
    assert [(r["line"], r["printed"]) for r in rows] == printed_figures(source)
    assert len(by_key(rows)) == figures


@pytest.mark.realdata
def test_cells_read_by_eye(tmp_path: Path) -> None:
    """The list was written from the source of each page, not by a program."""
    with (Path(__file__).parent / "cells.csv").open(encoding="utf-8", newline="") as stream:
        expected = list(csv.DictReader(stream))
    assert min(Counter(cell["page"] for cell in expected).values()) >= 10
    for name in PAGES:
        cells = by_key(pq.read_table(parse(BULLETINS / name, tmp_path).rows_path).to_pylist())
        columns = {key[1:] for key in cells}
        listed = [cell for cell in expected if cell["page"] == name]
        for cell in listed:
            period = (dt.date.fromisoformat(cell["period_from"]), dt.date.fromisoformat(cell["period_to"]))
            key = (cell["row_label"], cell["flow"], cell["regime_group"] or None, *period, cell["measure"])
            assert (cells[key]["value"], cells[key]["unit"] or "") == (Decimal(cell["value"]), cell["unit"]), key
            columns.discard(key[1:])
        assert not columns, f"{name}: no cell of these columns is in the list"


@pytest.mark.realdata
@pytest.mark.parametrize("name", PAGES)
def test_a_real_page_in_gb18030_gives_the_same_figures(tmp_path: Path, name: str) -> None:
    """As a browser may save it, though the page still calls itself UTF-8."""
    saved = tmp_path / name
    saved.write_bytes((BULLETINS / name).read_bytes().decode().encode("gb18030"))
    found, first = parse(saved, tmp_path / "gb"), parse(BULLETINS / name, tmp_path / "utf")
    same = pq.read_table(found.rows_path).equals(pq.read_table(first.rows_path))
    assert same and (found.encoding, found.title) == ("gb18030", first.title)
