"""Parsing the customs' bulletin pages: what is refused, each on a small page that has one fault."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest

from orchestration.base.errors import RefusalError
from tests.sources.gacc_bulletin.pages import (
    CHINA_TRADE,
    CHIPS,
    COUNTRIES,
    EXPORTS,
    FIRST,
    FOOD,
    REGIME_PAIR,
    REGIMES,
    commodity_headings,
    country_headings,
    page,
    parsed,
    regime_headings,
    with_cell,
)

WHOLE = page([FOOD, CHIPS])
#: The table of another page.
SECOND = "\n".join(page([CHIPS]).splitlines()[3:-1])
CUT = WHOLE[: WHOLE.index("318.4")]
NO_UNIT_HEADINGS = [[cell for cell in commodity_headings()[0] if "Unit" not in cell[0]], commodity_headings()[1]]
CNY_UNIT = "Unit: CNY 100 Million"


def cell(position: int, text: str) -> str:
    """A page on which the second row has another text in one cell."""
    return page([FOOD, with_cell(CHIPS, position, text)])


def titled(title: str, **said: Any) -> str:
    """A page by commodity under another title."""
    return page([CHIPS], title=title, **said)


def headed(*texts: str, **said: Any) -> str:
    """A page by commodity with other headings."""
    return page([CHIPS], commodity_headings(*texts), **said)


#: page → line, beginning of the column, part of the message
REFUSED: dict[str, tuple[str | bytes, int | None, str | None, str]] = {
    "no bytes": ("", None, None, "no bytes"),
    "a table of numbers": ("Commodity,Value\n", 1, None, "not an HTML page"),
    "NUL": (WHOLE.replace("PCS", "\0"), FIRST + 1, None, "NUL byte"),
    "damaged bytes": (page([[*CHIPS[:9], "１５．３"]]).encode().replace(b"318.4", b"31\xff8"), FIRST, None, "0xff"),
    "neither encoding": (WHOLE.replace("—", "é").encode("latin-1"), FIRST, None, "GB18030"),
    "much too large": (WHOLE + " " * (8 << 20), None, None, "no bulletin page"),
    "behind the end of the page": (WHOLE + WHOLE, None, None, "not all of its cells"),
    "another month by name": (headed("Mai"), FIRST - 2, "Mai / Quantity", "'Mai' is not known here"),
    "two months by name": (headed("May", "Jan-Jun in Total"), FIRST - 2, "May / Quantity", "several last months"),
    "saved as one file": ("From: <Saved by Blink>\nMIME-Version: 1.0\n" + WHOLE, 1, None, "MHTML"),
    "cut in the table": (CUT, 4, None, "never ends: the page is cut"),
    "the end of a table twice": (WHOLE.replace("</tbody>", "</table>"), 12, None, "never began"),
    "a control character in a figure": (cell(3, "17,2\x0318.6<br/>"), FIRST + 1, "6 / Value", "is not a number"),
    "cut in a comment": (WHOLE.replace("</table>", "<!-- </table>"), 4, None, "never ends"),
    "no table": ("<html><body><p>Please wait</p></body></html>", None, None, "no table on the page"),
    "another table": ("<html><body>\n<table><tr><td>a</td><td>b</td></tr></table></body></html>", 2, None, "headings"),
    "nothing in the table": ("<html><body>\n\n<table></table></body></html>", 3, None, "the table is empty"),
    "no row below the headings": (page([], note=None), FIRST - 2, None, "the table is empty"),
    "only notes": (page([]), FIRST - 2, None, "the table is empty"),
    "only dashes": (page([["Toys", *"-" * 9]]), FIRST - 2, None, "the table is empty"),
    "no second row of headings": (page([], commodity_headings()[:1], note=None), 4, None, "the table is empty"),
    "an image": (f"<html><title>{EXPORTS}</title>\n<div class='atcl-cnt'><img src='4.png'></div></html>", 2, None,
                 "the table is an image"),
    "an image in a table": ("<html><body>\n<div class='atcl-cnt'><table><tr><td><img src='4.png'></td></tr></table>"
                            "</div></body></html>", 2, None, "the table is an image"),
    "an index": ("<html><body>\n<table><tr><td>" + "<a href='x'>Jan.</a>" * 12 + "</td></tr></table></body></html>", 2,
                 None, "an index of bulletins"),
    "two tables": (WHOLE.replace("<p>News", SECOND), 16, None, "two tables"),
    "figures in a second table": (WHOLE.replace("<p>News", "<table>\n<tr><td>Toys<td>8.0</table>"), 14, None,
                                  "second table"),
    "a table within a cell": (cell(3, "<table><tr><td>17,218.6</td></tr></table>"), FIRST + 1, None, "second table"),
    "a cell outside a row": (WHOLE.replace("</tbody>", "<div><td>7.0</td></div></tbody>"), 4, None, "outside its rows"),
    "damaged cell": (cell(3, "####"), FIRST + 1, "6 / Value", "'####' is not a number"),
    "lost reference": (cell(5, "*REF!"), FIRST + 1, "1-6 Total / Value", "'*REF!' is not a number"),
    "lost reference of Excel": (cell(2, "#REF!"), FIRST + 1, "6 / Quantity", "'#REF!' is not a number"),
    "separators": (cell(3, "1,23.4"), FIRST + 1, "6 / Value", "'1,23.4' is not a number"),
    "separators again": (cell(3, "1721,806"), FIRST + 1, "6 / Value", "is not a number"),
    "two points": (cell(3, "1.721.8"), FIRST + 1, "6 / Value", "is not a number"),
    "a negative value": (cell(3, "-17.2"), FIRST + 1, "6 / Value", "is not a number"),
    "an empty cell": (cell(3, "&nbsp;"), FIRST + 1, "6 / Value", "an empty cell"),
    "two figures in a cell": (cell(3, "17,218.6<br/>3"), FIRST + 1, "6 / Value", "is not a number"),
    "a text": (cell(9, "n/a"), FIRST + 1, "1-6 Total, Year", "'n/a' is not a number"),
    "too many digits": (cell(3, "1" * 19), FIRST + 1, "6 / Value", "more digits"),
    "too large": (cell(3, "1" * 15), FIRST + 1, "6 / Value", "more digits"),
    "a cell too few": (page([FOOD, CHIPS[:9]]), FIRST + 1, None, "9 cells in a row that must have 10"),
    "a cell too many": (page([FOOD, [*CHIPS, "1.0"]]), FIRST + 1, None, "11 cells"),
    "a wide cell": (page([FOOD, [*CHIPS[:9], ("1.0", 'colspan="2"')]]), FIRST + 1, None, "spans several columns"),
    "a high cell": (page([FOOD, [*CHIPS[:9], ("1.0", 'rowspan="2"')]]), FIRST + 1, None, "reach into other rows"),
    "a row of one cell": (page([FOOD, [("8,126.1", 'colspan="10"')]]), FIRST + 1, None, "1 cells"),
    "a row behind the notes": (page([FOOD, [("Note: one", "")], CHIPS]), FIRST + 2, None, "behind the notes"),
    "no label": (cell(0, ""), FIRST + 1, "Commodity", "does not name a row"),
    "a number as label": (cell(0, "17,218.6"), FIRST + 1, "Commodity", "does not name a row"),
    "a label twice": (page([CHIPS, with_cell(CHIPS, 0, "Integrated  Circuits *")]), FIRST + 1, "6 / Qu",
                      f"stands twice, first on line {FIRST}"),
    "unknown unit": (cell(1, "10,000 Bales"), FIRST + 1, "Quantity Unit", "'10,000 Bales' is not a unit"),
    "a unit of two meanings": (cell(1, "10000MT"), FIRST + 1, "Quantity Unit", "is not a unit"),
    "a figure as unit": (cell(1, "36.4"), FIRST + 1, "Quantity Unit", "is not a unit"),
    "a scale that is none": (cell(1, "15 Tons"), FIRST + 1, "Quantity Unit", "is not a unit"),
    "no unit": (cell(1, "-"), FIRST + 1, "6 / Quantity", "without a unit"),
    "the unit's column is lost": (page([[CHIPS[0], *CHIPS[2:]]], NO_UNIT_HEADINGS), 7, "6 / Quantity",
                                  "without a column of their units"),
    "the unit's cells are lost": (page([[CHIPS[0], *CHIPS[2:]]]), FIRST, None, "9 cells"),
    "no unit line": (page([CHIPS], unit=None), 5, None, "does not say the unit"),
    "unit without size": (page([CHIPS], unit="Unit: USD"), 6, None, "not a unit of money"),
    "unknown currency": (page([CHIPS], unit="Unit: EUR1 Million"), 6, None, "not a unit of money"),
    "unknown size": (page([CHIPS], unit="Unit: USD 15 Million"), 6, None, "not a unit of money"),
    "no currency at all": (titled(EXPORTS.replace(" (in USD)", ""), unit="Unit: 1 Million"), 6, None, "names a curr"),
    "another currency": (page([CHIPS], unit=CNY_UNIT), 6, None, "in CNY, the title in USD"),
    "two currencies": (titled(EXPORTS.replace("USD", "USD and CNY")), None, None, "two currencies"),
    "text above the headings": (page([CHIPS], unit="Exports to Hong Kong only"), 6, None, "neither a title"),
    "no title": (titled("", titles="News"), 7, None, "no title says"),
    "another table's title": (titled("(1) China's Total Export & Import Values, Jun 2025 (in USD)", titles="News"),
                              5, None, "neither a title"),
    "title of another table": (titled(COUNTRIES), 5, None, "do not belong together|title is that of"),
    "no month": (titled(EXPORTS.replace(", Jun 2025", "")), 5, None, "names no month"),
    "months that do not begin with January": (titled(EXPORTS.replace("Jun", "Apr-Jun")), None, None, "from January on"),
    "month 13": (page(REGIME_PAIR, regime_headings(), REGIMES.replace("6.", "13."), "Unit:US$1,000", None), None, None,
                 "does not say one month"),
    "titles of two months": (titled(EXPORTS, titles=EXPORTS.replace("Jun", "May")), None, None, "about the month"),
    "titles of two flows": (titled(EXPORTS, titles=EXPORTS.replace("Ex", "Im")), None, None, "about the flow"),
    "before the month is over": (page([CHIPS], date="2025/06/30"), 5, None, "dated 2025-06-30, before 2025-06"),
    "a month after the page": (titled(EXPORTS.replace("Jun", "Sep")), 5, None, "dated 2025-07-14, before 2025-09"),
    "headings of another month, no date": (headed("5", "1-5 Total", "1-5 Total,2024", date=None), 7, "5 / Quantity",
                                           "the page is not dated"),
    "headings of another month, late date": (headed("5", "1-5 Total", "1-5 Total,2024", date="2025/08/14"), 7, "5 / Qu",
                                             "the page is dated 2025-08-14"),
    "headings of two months": (headed("5", "1-6 Total"), 7, "5 / Quantity", "several last months"),
    "months from February": (headed("6", "2-6 Total"), 7, "2-6 Total / Quantity", "do not begin with January"),
    "headings of month 15": (headed("15", "1-15 Total", "1-15 Total,2024"), 7, "15 / Quantity", "15 is not a month"),
    "headings of another year": (headed("6", "1-6 Total", "1-6 Total,2022"), 7, "1-6 Total,2022", "a column of 2022"),
    "two columns of one thing": (headed("6", "1-6 Total", "1-6 Total"), 7, "1-6 Total / Quantity", "same figures"),
    "an unknown heading": (headed("6", "1-6 Total", "Index"), 7, "Index / Quantity", "'Index' is not known"),
    "a heading without month": (headed("6", "1-6 Total", "Total,2024"), 7, "Total,2024", "name no month"),
    "second headings too few": (page([CHIPS], [commodity_headings()[0], ["Quantity", "Value"]]), 8, None, "2 headings"),
    "second headings lost": (page([CHIPS], commodity_headings()[:1]), 8, None, "headings in the second row"),
    "a heading of 1000 columns": (WHOLE.replace("colspan=\"2\"", "colspan=\"1000\"", 1), 7, None, "more than 50"),
    "a pair cut in two": (page(REGIME_PAIR[:1], regime_headings(), REGIMES, "Unit:US$1,000", None), FIRST, None,
                          "not followed by its year-on-year"),
    "a pair without growth": (page([REGIME_PAIR[0], *REGIME_PAIR], regime_headings(), REGIMES, "Unit:US$1,000", None),
                              FIRST + 1, None, "10 cells in a row that must have 8"),
    "growth without its pair": (page(REGIME_PAIR[1:], regime_headings(), REGIMES, "Unit:US$1,000", None), FIRST, None,
                                "8 cells in a row that must have 10"),
    "a pair that does not span": (page([[*CHIPS], REGIME_PAIR[1]], regime_headings(), REGIMES, "Unit:US$1,000", None),
                                  FIRST, None, "reach into other rows"),
    "a regime that is none": (page(REGIME_PAIR, regime_headings("Ordinary Trade", "1-6", "Bonded", "Other"), REGIMES,
                                   "Unit:US$1,000", None), 7, "1-6 / Quantity", "not a customs regime"),
    "a regime twice": (page(REGIME_PAIR, regime_headings("Other", "Bonded", "Processing", "Other"), REGIMES,
                            "Unit:US$1,000", None), 7, "Other / Quantity", "same figures"),
    "countries without headings below": (page([CHINA_TRADE], country_headings()[:1], COUNTRIES, CNY_UNIT, None), 7,
                                         "Export & Import", "contradict|month"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_safely_is_refused(tmp_path: Path, case: str) -> None:
    """With file, line, column and remedy, and nothing is kept."""
    text, line, column, message = REFUSED[case]
    with pytest.raises(RefusalError) as refused:
        parsed(tmp_path, text)
    error = refused.value
    assert re.search(message, error.what) and error.file == "page.html" and error.remedy
    assert line is None or error.line == line, error
    assert column is None or (error.column or "").startswith(column), error
    assert not list(tmp_path.rglob("*.parquet"))


def test_the_sound_pages_of_these_tests_parse(tmp_path: Path) -> None:
    """What the refused pages were made from is not refused for another reason."""
    assert parsed(tmp_path, WHOLE)[0].rows == 12
    assert parsed(tmp_path, page([CHIPS], date=None))[0].rows == 8
    assert parsed(tmp_path, page([CHIPS], date="08/14/2025"))[0].month == dt.date(2025, 6, 1)
