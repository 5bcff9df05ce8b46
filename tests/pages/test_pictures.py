"""Pictures of series: what is drawn is what was given, and what is not known is seen to be missing."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from orchestration.base.months import add_months
from orchestration.pages.drawing import Drawing, Layer, Plot
from orchestration.pages.files import Stamp, alone, legend
from orchestration.pages.pictures import _picture
from orchestration.pages.read import _Around, _elements
from orchestration.pages.scale import linear
from orchestration.pages.series import Series
from tests.pages.made import FIRST, restated, series

SVG = "{http://www.w3.org/2000/svg}"
NEW_YEARS = {dt.date(2023, 1, 1): dt.date(2023, 1, 22)}


@pytest.fixture
def stamp() -> Stamp:
    """That of a release of nobody."""
    return Stamp("r1", "2024-11-20", False, {})


def drawn(body: str) -> etree._Element:
    """The marks of a picture."""
    return etree.fromstring(f'<svg xmlns="http://www.w3.org/2000/svg">{body}</svg>')


def marks(root: etree._Element, of: str) -> list[etree._Element]:
    """Those of a class."""
    return [element for element in root.iter() if of in (element.get("class") or "").split()]


@given(
    st.lists(st.none() | st.integers(-(10**11), 10**12), min_size=1, max_size=150).filter(lambda v: any(v)),
    st.booleans(),
    st.sampled_from([(720.0, 330.0), (360.0, 230.0)]),
)
def test_marks_stand_where_their_values_do(values: list[int | None], is_line: bool, size: tuple[float, float]) -> None:
    """Whatever the values: read back, each has its place on the scale, its words, and nobody is missing."""
    months = tuple(add_months(FIRST, n) for n in range(len(values)))
    known = {month: value for month, value in zip(months, values, strict=True) if value is not None}
    layer = Layer("t", "value_usd", {"source": "gacc"}, known, "billions", 2, "bar", is_line, is_whole=True)
    root = drawn(Drawing(Plot(months, (layer,), "bn"), *size, "x").body())
    found = list(_elements(root, "x.svg", _Around()))
    assert {of.said for of in found if of.part == "value"} == {str(value) for value in known.values()}
    assert [of for of in found if of.wanted is not None and of.said != of.wanted] == []
    assert [of.said for of in found if of.part == "count"] == [str(len(known))]


@pytest.mark.parametrize("values", [[0.0], [1.0, 2.0], [-0.4, 0.6], [1e12, 3.0], [0.001, 0.0004]])
def test_scales_have_room_for_all_values(values: list[float]) -> None:
    """And for 0, on a few round ticks."""
    scale = linear(values, 30, 300)
    assert scale.ticks[0] <= min(0, *values) and scale.ticks[-1] >= max(0, *values) and len(scale.ticks) <= 8
    assert 30 - 1e-9 <= scale(max(0.0, *values)) <= scale(min(0.0, *values)) <= 300 + 1e-9


def test_a_month_that_is_not_covered_is_hatched() -> None:
    """One that is covered and has no trade is a bar of no height."""
    made = _picture("x", "Value", "value_usd", series([5_000_000, None, 0, 7_000_000]), (), NEW_YEARS)
    assert made is not None
    root = drawn(Drawing(made.plot, 720, 330, "x").body())
    assert [of.findtext(f"{SVG}title") for of in marks(root, "gap")] == ["February 2022: not known"]
    bars = {of.findtext(f"{SVG}title"): of.get("height") for of in root.iter(f"{SVG}rect") if of.get("data-value")}
    assert bars["March 2022: US$0.0 m"] == "0" and len(bars) == 3


def test_what_must_be_seen_beside_a_series() -> None:
    """The threshold, the record, a revised month, the Lunar New Year."""
    values = [900_000_000 + 10_000_000 * n for n in range(20)] + [700_000_000] * 4
    months = {add_months(FIRST, n): n for n in range(24)}
    record = dict.fromkeys(months, dt.date(2023, 8, 1))
    at = dict.fromkeys(months, 1_000_000_000)
    known = {month: n + 1 for month, n in months.items()}
    of = series(values, restated(dt.date(2023, 3, 1), 1, 2), threshold_usd=at, record_month=record, known_months=known)
    made = _picture("x", "Value", "value_usd", of, (), NEW_YEARS, is_marked=True)
    assert made is not None
    root = drawn(Drawing(made.plot, 720, 330, "x").body())
    words = ["".join(of.itertext()) for of in marks(root, "label")]
    assert words == ["US$1 bn", "Record US$1.09 bn", "US$0.70 bn"]
    assert [of.findtext(f"{SVG}title") for of in marks(root, "revised")] == ["March 2023 was revised"]
    assert [of.findtext(f"{SVG}title") for of in marks(root, "newyear")] == ["Lunar New Year, 22 January 2023"]


def marked() -> Series:
    """A year and a half above a mark."""
    at = {add_months(FIRST, n): 1_000_000_000 for n in range(18)}
    return series([1_100_000_000] * 18, threshold_usd=at)


@pytest.mark.parametrize("size", [(720.0, 330.0), (360.0, 230.0), (880.0, 366.0)])
def test_the_words_of_a_mark_cover_nothing(size: tuple[float, float]) -> None:
    """They stand right of all bars and of their own line, within the picture."""
    made = _picture("x", "Value", "value_usd", marked(), (), NEW_YEARS, is_marked=True)
    assert made is not None
    root = drawn(Drawing(made.plot, *size, "x").body())
    (label,) = (of for of in marks(root, "words") if of.tag == f"{SVG}text")
    begin = float(label.get("x"))
    ends = [float(of.get("x")) + float(of.get("width")) for of in root.iter(f"{SVG}rect")]
    (line,) = marks(root, "at")
    assert max(*ends, float(line.get("d").rpartition("H")[2])) < begin
    assert begin + 7.5 * len(label.text) <= size[0]


def test_a_mark_is_drawn_only_where_months_are_counted_at_it() -> None:
    """Of a series for which nobody asks it says nothing."""
    made = _picture("x", "Value", "value_usd", marked(), (), NEW_YEARS)
    assert made is not None and made.plot.threshold is None
    assert "threshold" not in [mark for mark, _ in legend(made.plot)]


def test_new_years_are_written_out_where_nobody_can_point(stamp: Stamp) -> None:
    """In a picture that leaves alone: each day as its calendar's cell, read back with its words."""
    made = _picture("x", "Value", "value_usd", series([5_000_000] * 24), (), NEW_YEARS)
    assert made is not None
    root = etree.fromstring(alone(made, stamp, "Story"))
    assert "Lunar New Year: 22 Jan 2023" in ["".join(of.itertext()) for of in marks(root, "foot")]
    found = [of for of in _elements(root, "x.svg", _Around()) if of.table == "dim_month"]
    assert [(of.part, of.said, of.wanted) for of in found] == [
        ("value", "2023-01-22", None),
        ("words", "22 Jan 2023", "22 Jan 2023"),
    ]


def test_january_and_february_stand_together() -> None:
    """Where their sum is known, growth has one bar for both: the Lunar New Year moves goods between them."""
    values = [1_000_000_000] * 12 + [1_500_000_000, 900_000_000] + [1_100_000_000] * 10
    of = series(values, jan_feb_usd_yoy={dt.date(2023, 2, 1): 0.2})
    made = _picture("x", "Growth", "value_usd_yoy", of, (), NEW_YEARS)
    assert made is not None and made.columns == ("value_usd_yoy", "jan_feb_usd_yoy")
    titles = [of.text for of in drawn(Drawing(made.plot, 720, 330, "x").body()).iter(f"{SVG}title")]
    assert "January and February 2023: up 20.0 %" in titles and "March 2023: up 10.0 %" in titles
    assert not [text for text in titles if text and text.startswith(("January 2023", "February 2023"))]


def test_nothing_is_drawn_of_what_is_not_known() -> None:
    """No empty picture."""
    assert _picture("x", "Share", "partner_share_usd", series([1, 2, 3]), (), NEW_YEARS) is None


def test_what_is_no_money_is_counted() -> None:
    """Months in a row are whole numbers; a month is no number, and nothing is drawn of it."""
    months = {add_months(FIRST, n): n for n in range(4)}
    of = series([1, 2, 3, 4], months_at_or_above=months, above_since=dict.fromkeys(months, FIRST))
    made = _picture("x", "Run", "months_at_or_above", of, (), NEW_YEARS)
    assert made is not None and (made.plot.ticks, made.plot.layers[0].form) == ("number", "whole")
    assert "April 2022: 3" in Drawing(made.plot, 360, 230, "x").body()
    assert _picture("x", "Since", "above_since", of, (), NEW_YEARS) is None
