"""Parsing the customs' bulletin pages: what is read of them, on small pages written by hand."""

from __future__ import annotations

import csv
import datetime as dt
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.base.errors import RefusalError
from orchestration.base.settings import PROJECT
from orchestration.sources.gacc_bulletin.parse import ROW_SCHEMA
from orchestration.sources.gacc_bulletin.text import Place
from orchestration.sources.gacc_bulletin.units import _NOUNS, read_quantity_unit
from tests.conftest import many
from tests.sources.gacc_bulletin.pages import (
    CHINA_TRADE,
    CHIPS,
    COUNTRIES,
    EXPORTS,
    FIRST,
    FOOD,
    JANUARY_FEBRUARY,
    REGIME_PAIR,
    REGIMES,
    by_key,
    commodity_headings,
    country_headings,
    page,
    parsed,
    regime_headings,
    with_cell,
)

JAN, JUN = dt.date(2025, 1, 1), dt.date(2025, 6, 1)


def test_a_page_by_commodity(tmp_path: Path) -> None:
    """Periods, measures, base units, half units and lines of one row; dashes give no row."""
    found, rows = parsed(tmp_path, page([FOOD, CHIPS]))
    assert (found.table, found.flow, found.month, found.currency) == ("commodity", "export", JUN, "USD")
    assert found.title == EXPORTS and found.encoding == "utf-8" and found.remarks == ()
    assert found.rows == len(rows) == 4 + 8 and list(rows[0]) == ROW_SCHEMA.names
    assert pq.read_schema(found.rows_path).equals(ROW_SCHEMA)
    chips = [r for r in rows if r["line"] == FIRST + 1]
    last_year = (dt.date(2024, 1, 1), dt.date(2024, 6, 1))
    assert [
        ((r["period_from"], r["period_to"]), r["measure"], r["value"], r["half_unit"], r["unit"]) for r in chips
    ] == [
        ((JUN, JUN), "quantity", 31_840_000_000, 5_000_000, "Number of item"),
        ((JUN, JUN), "value_usd", 17_218_600_000, 50_000, None),
        ((JAN, JUN), "quantity", 167_770_000_000, 5_000_000, "Number of item"),
        ((JAN, JUN), "value_usd", 90_473_300_000, 50_000, None),
        (last_year, "quantity", 139_060_000_000, 5_000_000, "Number of item"),
        (last_year, "value_usd", 76_108_900_000, 50_000, None),
        ((JAN, JUN), "quantity_yoy", Decimal("0.206"), Decimal("0.0005"), None),
        ((JAN, JUN), "value_usd_yoy", Decimal("-0.189"), Decimal("0.0005"), None),
    ]
    first = chips[0]
    assert (first["row_label"], first["column_label"], first["printed"], first["unit_as_printed"]) == (
        "Integrated circuits", "6 / Quantity", "318.4", "100 Million PCS",
    )  # fmt: skip
    assert chips[6]["column_label"] == "1-6 Total, Year-On-Year(%) / Quantity" and chips[6]["unit_as_printed"] is None


def test_a_page_by_country(tmp_path: Path) -> None:
    """Ten columns with the month by itself; exports, imports and both; in 100 million CNY."""
    text = page([CHINA_TRADE], country_headings(), COUNTRIES, "Unit: CNY 100 Million", "2026/04/08")
    found, rows = parsed(tmp_path, text)
    assert (found.table, found.flow, found.currency, found.rows) == ("country", "both", "CNY", 9)
    march, january = dt.date(2026, 3, 1), dt.date(2026, 1, 1)
    cells = by_key(rows)
    assert cells[("Total", "both", None, march, march, "value_cny")]["value"] == 4_104_640_000_000
    assert cells[("Total", "both", None, january, march, "value_cny")]["value"] == 11_838_000_000_000
    assert cells[("Total", "import", None, january, march, "value_cny_yoy")]["value"] == Decimal("-0.016")
    assert rows[0]["column_label"] == "Export & Import / 3"


def test_january_and_february_by_country(tmp_path: Path) -> None:
    """Seven columns, each of both months together."""
    row = ["Total", "65,363.6", "38,812.1", "26,551.5", "-1.2", "3.4", "-7.3"]
    text = page([row], country_headings(None, "1-to-2"), JANUARY_FEBRUARY, "Unit: CNY 100 Million", "2025/03/11")
    found, rows = parsed(tmp_path, text)
    assert found.month == dt.date(2025, 2, 1) and found.rows == 6
    assert {(r["period_from"], r["period_to"]) for r in rows} == {(JAN, dt.date(2025, 2, 1))}


def test_a_page_by_regime(tmp_path: Path) -> None:
    """Pairs of rows: figures, and their growth on the line below; all for January to the title's month."""
    text = page(REGIME_PAIR, regime_headings(), REGIMES, "Unit:US$1,000", "2026/07/22")
    found, rows = parsed(tmp_path, text)
    assert (found.table, found.flow, found.currency, found.rows) == ("regime", "export", "USD", 12)
    assert found.month == dt.date(2026, 6, 1) and "year to date" in found.remarks[0]
    period = (dt.date(2026, 1, 1), dt.date(2026, 6, 1))
    cells = by_key(rows)
    pairs = cells[("Footwear", "export", "Ordinary Trade", *period, "quantity")]
    assert (pairs["value"], pairs["half_unit"], pairs["unit"], pairs["line"]) == (31 * 10**8, 5 * 10**7, "Pair", FIRST)
    value = cells[("Footwear", "export", "Ordinary Trade", *period, "value_usd")]
    assert (value["value"], value["half_unit"]) == (13_480_231_000, 500)
    growth = cells[("Footwear", "export", "Other", *period, "value_usd_yoy")]
    assert (growth["value"], growth["line"], growth["unit"]) == (Decimal("18.028"), FIRST + 1, None)
    assert cells[("Footwear", "export", "Other", *period, "quantity")]["value"] == 0


NAMED = {
    "(13) Major Export Commodities in Quantity and Value, May 2019": "export",
    "(14) Major Import Commodities in Quantity and Value,5.2019": "import",
    "(14) China's Major Imports by Quantity and Value, May 2019 (in USD)": "import",
}


@pytest.mark.parametrize("title", NAMED)
@pytest.mark.parametrize("total", ["Jan-May in Total", "Jan.-May. in Total", "January to May", "1 to 5 Total"])
def test_headings_of_2019_name_their_months(tmp_path: Path, title: str, total: str) -> None:
    """May, and January to May; values in US$1,000, quantities in T, 10000T and MN."""
    rows: list[list[str]] = [
        ["Fertilizers", "10000T", "236", "529,731", "1,039", "2,611,019", "812", "1,955,000", "27.9", "33.6"],
        ["Tea", "T", "29,161", "160,385", "142,003", "748,926", "139,000", "660,000", "2.1", "13.4"],
        [
            "Integrated circuits",
            "MN",
            "18,421",
            "8,341,017",
            "80,777",
            "37,552,290",
            "85,000",
            "32,100,000",
            "-5",
            "17",
        ],
    ]
    headings = commodity_headings("May", total, f"{total}, 2018")
    found, figures = parsed(tmp_path, page(rows, headings, title, "Unit:US$1,000", "06/18/2019"))
    assert (found.flow, found.month, found.currency, found.rows) == (NAMED[title], dt.date(2019, 5, 1), "USD", 24)
    assert found.remarks == ()
    cells, may, january = by_key(figures), dt.date(2019, 5, 1), dt.date(2019, 1, 1)
    for label, measure, value, unit in (
        ("Fertilizers", "quantity", 2_360_000_000, "Kilogram"),
        ("Tea", "quantity", 29_161_000, "Kilogram"),
        ("Tea", "value_usd", 160_385_000, None),
        ("Integrated circuits", "quantity", 18_421_000_000, "Number of item"),
    ):
        figure = cells[(label, NAMED[title], None, may, may, measure)]
        assert (figure["value"], figure["unit"]) == (value, unit)
    year = cells[("Tea", NAMED[title], None, january, may, "value_usd")]
    before = cells[("Tea", NAMED[title], None, dt.date(2018, 1, 1), dt.date(2018, 5, 1), "value_usd")]
    growth = cells[("Tea", NAMED[title], None, january, may, "value_usd_yoy")]
    assert (year["value"], before["value"], growth["value"]) == (748_926_000, 660_000_000, Decimal("0.134"))


def test_headings_of_2019_in_february_and_by_regime(tmp_path: Path) -> None:
    """January and February alone; commodities and regimes named the other way about."""
    headings = commodity_headings("Feb", "Jan-Feb in Total", "Jan-Feb in Total, 2018")
    title = "(13) Major Export Commodities in Quantity and Value, Feb 2019"
    found, _ = parsed(tmp_path, page([CHIPS], headings, title, "Unit:US$1,000", "03/23/2019"))
    assert found.month == dt.date(2019, 2, 1)
    upper = [("Commodities / Customs Regimes", 'rowspan="2"'), *regime_headings()[0][1:]]
    title = "(18)Import of Selected Commodities by Major Customs Regimes, 7.2019"
    text = page(REGIME_PAIR, [upper, regime_headings()[1]], title, "Unit:US$1,000", "08/23/2019")
    assert parsed(tmp_path, text)[0].month == dt.date(2019, 7, 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "mixed"])
def test_encodings_and_line_ends(tmp_path: Path, encoding: str, line_end: str) -> None:
    """The bytes tell the encoding, not what the page says of itself; lines stay physical lines."""
    text = page([with_cell(FOOD, 0, "Motor vehicles（including<br />\nchassis)"), CHIPS])
    changed = text.replace("\n", line_end) if line_end != "mixed" else text.replace("\n", "\r\n", 6)
    found, rows = parsed(tmp_path, changed, encoding)
    assert found.encoding == encoding.removesuffix("-sig")
    assert rows[0]["row_label"] == "Motor vehicles（including chassis)"
    assert {r["line"] for r in rows} == {FIRST, FIRST + 2}


#: what is changed on a sound page → what the figures of its row must be: measure of the column, value, unit
READ = {
    "full-width digits": (with_cell(CHIPS, 3, "１７，２１８．６"), "value_usd", 17_218_600_000, None),
    "full-width minus": (with_cell(CHIPS, 9, "－18.9"), "value_usd_yoy", Decimal("-0.189"), None),
    "typographic minus": (with_cell(CHIPS, 9, "\N{MINUS SIGN}18.9"), "value_usd_yoy", Decimal("-0.189"), None),
    "control characters": (with_cell(CHIPS, 3, "\x0317,218.6&#3;<br>\x1f"), "value_usd", 17_218_600_000, None),
    "no thousands separators": (with_cell(CHIPS, 3, "17218.6"), "value_usd", 17_218_600_000, None),
    "whole number": (with_cell(CHIPS, 3, "17,218"), "value_usd", 17_218_000_000, None),
    "zero": (with_cell(CHIPS, 3, "0.0"), "value_usd", 0, None),
    "tens of thousands of tons": (with_cell(CHIPS, 1, "10,000 Tons"), "quantity", 3_184_000_000, "Kilogram"),
    "tons": (with_cell(CHIPS, 1, "Ton"), "quantity", 318_400, "Kilogram"),
    "10000T": (with_cell(CHIPS, 1, "10000T"), "quantity", 3_184_000_000, "Kilogram"),
    "100MN": (with_cell(CHIPS, 1, "100MN"), "quantity", 31_840_000_000, "Number of item"),
    "100MP": (with_cell(CHIPS, 1, "100MP"), "quantity", 31_840_000_000, "Pair"),
    "pairs": (with_cell(CHIPS, 1, "10,000 Pairs"), "quantity", 3_184_000, "Pair"),
    "full-width unit": (with_cell(CHIPS, 1, "１０，０００ ＣＢＭ"), "quantity", 3_184_000, "Cubic Metre"),
    "square metres": (with_cell(CHIPS, 1, "10,000 Square Metres"), "quantity", 3_184_000, "Square Metre"),
    "litres": (with_cell(CHIPS, 1, "10,000 Litres"), "quantity", 3_184_000, "Litre"),
    "craft": (with_cell(CHIPS, 1, "Craft"), "quantity", Decimal("318.4"), "Number of item"),
}  # fmt: skip


@pytest.mark.parametrize("case", READ)
def test_numbers_and_units_as_customs_print_them(tmp_path: Path, case: str) -> None:
    """Full-width signs, dashes, and the units of both kinds of pages."""
    row, measure, value, unit = READ[case]
    _, rows = parsed(tmp_path, page([row]))
    found = next(r for r in rows if r["measure"] == measure)
    assert (found["value"], found["unit"]) == (value, unit)
    assert found["unit_as_printed"] == (row[1] if unit else None)


@pytest.mark.parametrize(
    ("unit", "scale"),
    {
        "Unit: USD1 Million": 10**6,
        "Unit:US$1,000": 10**3,
        "Unit：US＄1 Billion": 10**9,
        "Unit: USD Million": 10**6,
        "Unit: 100 Million USD": 10**8,
        "Unit: USD 10,000": 10**4,
        "Unit: USD1": 1,
        "Unit: 1 Million": 10**6,
    }.items(),
)
def test_units_of_money(tmp_path: Path, unit: str, scale: int) -> None:
    """The scale is that of the unit line; a currency that it leaves out is that of the title, and said so."""
    found, rows = parsed(tmp_path, page([CHIPS], unit=unit))
    assert next(r["value"] for r in rows if r["measure"] == "value_usd") == Decimal("17218.6") * scale
    assert [("of the title" in remark) for remark in found.remarks] == [True] * ("US" not in unit.replace("＄", "$"))


def test_a_unit_in_the_title(tmp_path: Path) -> None:
    """Without a unit line, brackets of the title that hold currency and size are the unit."""
    found, rows = parsed(tmp_path, page([CHIPS], unit=None, title=EXPORTS.replace("in USD", "in USD 1 Million")))
    assert rows[1]["value"] == 17_218_600_000 and "no unit line" in found.remarks[0]


def test_headings_left_standing_are_read_as_the_title_says(tmp_path: Path) -> None:
    """The page is dated in the month after the title's: that confirms it, and a remark says so."""
    old = commodity_headings("5", "1-5 Total", "1-5 Total,2024")
    found, rows = parsed(tmp_path, page([CHIPS], old))
    _, sound = parsed(tmp_path, page([CHIPS]))
    told = ("period_from", "period_to", "measure", "value")
    assert [[r[key] for key in told] for r in rows] == [[r[key] for key in told] for r in sound]
    assert "month 5" in found.remarks[0] and "2025-07-14" in found.remarks[0]
    assert rows[0]["column_label"] == "5 / Quantity"


def test_more_digits_than_are_kept(tmp_path: Path) -> None:
    """Rounded to six places with a half unit that holds both errors, and said so."""
    found, rows = parsed(tmp_path, page([with_cell(CHIPS, 9, "12.34567891")]))
    assert (rows[-1]["value"], rows[-1]["half_unit"]) == (Decimal("0.123457"), Decimal("0.000001"))
    assert "6 decimal places" in found.remarks[0] and f"line {FIRST}" in found.remarks[0]


def test_blank_rows_and_several_notes_are_no_figures(tmp_path: Path) -> None:
    """Rows in which nothing is printed are passed over, and so is all that follows the word Note."""
    text = page([CHIPS, ["&nbsp;"] * 10, FOOD, [("Note: 1. one", "")], [("2. in 2024: 17,218.6", "")]], note=None)
    assert parsed(tmp_path, text)[0].rows == 12


def test_hidden_text_and_marks(tmp_path: Path) -> None:
    """Comments and scripts are no text of the page; a footnote mark behind a figure is never one of its digits."""
    commented = page([CHIPS, FOOD]).replace("</tbody>", "<!-- <tr><td>9.9</td></tr> </table> --></tbody>")
    assert parsed(tmp_path, commented)[0].rows == 12
    for mark in ("<sup>1</sup>", "①", "¹"):
        with pytest.raises(RefusalError, match="is not a number"):
            parsed(tmp_path, page([with_cell(CHIPS, 3, f"17,218.6{mark}")]))


def test_base_units_are_the_customs_own() -> None:
    """Every unit that quantities are turned into stands in the list of units."""
    with (PROJECT / "dbt_project/seeds/units.csv").open(encoding="utf-8") as stream:
        known = {row["unit"] for row in csv.DictReader(stream)}
    assert {unit for unit, _ in _NOUNS.values()} <= known
    assert all(read_quantity_unit(noun, Place("x")).unit in known for noun in _NOUNS)


_DASHES = st.sampled_from(["-", "—", "－", "–"])
_FIGURES = st.decimals(0, 10**7, places=1).map(lambda figure: f"{figure:,}")
_GROWTH = st.decimals(-100, 10**4, places=1).map(str)
_ROWS = st.lists(
    st.tuples(
        st.lists(_DASHES | _FIGURES, min_size=6, max_size=6), st.lists(_DASHES | _GROWTH, min_size=2, max_size=2)
    ),
    min_size=1,
    max_size=5,
)


@pytest.mark.series
@given(_ROWS)
@settings(max_examples=many(60, 3_000), deadline=None)
def test_no_figure_is_lost(rows: list[tuple[list[str], list[str]]]) -> None:
    """As many figures as cells with a digit, each with its own line, text and size, in the order of the page."""
    table = [[f"Row {'abcde'[n]}", "10,000 Pairs", *cells, *growth] for n, (cells, growth) in enumerate(rows)]
    scales = [Decimal(s) for s in ["10000", "1000000"] * 3 + ["0.01"] * 2]
    expected = [
        (FIRST + n, text, Decimal(text.replace(",", "")) * scale)
        for n, (cells, growth) in enumerate(rows)
        for text, scale in zip([*cells, *growth], scales, strict=True)
        if any(sign.isdigit() for sign in text)
    ]
    with TemporaryDirectory() as folder:
        if not expected:
            with pytest.raises(RefusalError, match="the table is empty"):
                parsed(Path(folder), page(table))
            return
        found, read = parsed(Path(folder), page(table))
    assert [(r["line"], r["printed"], r["value"]) for r in read] == expected and found.rows == len(expected)
