"""Each comparison on figures written by hand, with its edges: unknown is never zero, an edge belongs to the range."""

from __future__ import annotations

from fractions import Fraction

import pytest

from orchestration.base.months import add_months, format_month, parse_month
from orchestration.claims.evaluate import as_row
from tests.claims.frames import claim, covered, judged, known, months

YEAR = {f"2023-{n:02d}": 100 for n in range(1, 13)} | {f"2024-{n:02d}": 100 for n in range(1, 11)}


@pytest.mark.parametrize(
    ("actual", "verdict"),
    [(1105, "confirmed"), (1115, "confirmed"), (1104, "contradicted"), (1116, "contradicted"), (0, "contradicted")],
)
def test_a_figure_on_the_edge_of_rounding(actual: int, verdict: str) -> None:
    """1.11 printed means 1.105 to 1.115, both included."""
    result = judged(claim(value="1110", half_unit="5"), [known("2024-10", actual)])
    assert (result.now.verdict, result.now.actual) == (verdict, actual)
    assert "1,105 to 1,115" in result.now.detail


@pytest.mark.parametrize(
    ("value", "verdict"), [(1595, "confirmed"), (1605, "confirmed"), (1594, "contradicted"), (1606, "contradicted")]
)
def test_a_change_on_the_edge_of_rounding(value: int, verdict: str) -> None:
    """In fractions, not floats: 1595 / 1000 - 1 is 0.595 exactly."""
    made = claim(measure="value_usd_yoy", value="0.60", half_unit="0.005")
    assert judged(made, months({"2023-10": 1000, "2024-10": value})).now.verdict == verdict


def test_a_change_of_a_period_is_that_of_its_sums() -> None:
    """(30 + 90) / (10 + 70) is +50 %; the mean of +200 % and +28.6 % is not."""
    made = claim(measure="value_usd_yoy", period="2024-01..2024-02", value="0.5", half_unit="0")
    result = judged(made, months({"2023-01": 10, "2023-02": 70, "2024-01": 30, "2024-02": 90}))
    assert (result.now.verdict, result.now.actual) == ("confirmed", Fraction(1, 2))
    assert result.now.detail == "+50 % (120 US dollars after 80 in 2023-01..2023-02): within +50 % to +50 %"
    assert as_row(result)["months_used"] == "2023-01..2023-02, 2024-01..2024-02"


def test_that_nothing_was_bought_can_be_confirmed() -> None:
    """Of a series without any row, in a month that is covered for every partner; not on the day before it was."""
    made = claim(value="0", half_unit="0", published_on="2024-11-20")
    result = judged(made, [], held=[covered("2024-10", "2024-11-21")])
    assert (result.now.verdict, result.now.actual, result.then.verdict) == ("confirmed", 0, "not testable")
    fell = claim(measure="value_usd_yoy", value="-1", half_unit="0")
    assert judged(fell, [known("2023-10", 7)], held=[covered("2024-10", "2024-11-20")]).now.verdict == "confirmed"
    pieces = claim(measure="quantity", unit="Number of item", value="0", half_unit="0")
    assert judged(pieces, [], held=[covered("2024-10", None, local="2024-11-20")]).now.verdict == "confirmed"


def test_what_a_partner_itself_is_covered_for_comes_first() -> None:
    """A receipt that names it says more than one for every partner; all partners together have their own."""
    made = claim(value="0", half_unit="0")
    own = [covered("2024-10", None, partner="502"), covered("2024-10", "2024-11-20")]
    assert judged(made, [], held=own).now.verdict == "not testable"
    assert judged(claim(value="0", half_unit="0", partner="all"), [], held=own).now.verdict == "not testable"


def test_a_change_on_the_month_before() -> None:
    """Of one month; January on December."""
    made = claim(measure="value_usd_mom", value="0.5", half_unit="0", period="2024-01", published_on="2024-03-21")
    result = judged(made, months({"2023-12": 10, "2024-01": 15}))
    assert (result.now.verdict, result.now.months) == ("confirmed", (parse_month("2023-12"), parse_month("2024-01")))
    assert result.now.detail == "+50 % (15 US dollars after 10 in 2023-12): within +50 % to +50 %"


@pytest.mark.parametrize(
    ("whole", "verdict", "words"),
    [
        (1000, "confirmed", "3.1 % (31 US dollars of 1,000 of all partners): within 3.05 % to 3.15 %"),
        (100, "contradicted", "31 % (31 US dollars of 100 of all partners): outside 3.05 % to 3.15 %"),
        (0, "not testable", "nothing was traded in 2024-10, and there is no share of 0"),
        (None, "not testable", "no file covers import all ic/integrated_circuits"),
    ],
)
def test_a_share_is_one_of_all_partners(whole: int | None, verdict: str, words: str) -> None:
    """Where these are not known there is none."""
    rows = [
        known("2024-10", 31 if whole else 0),
        *([known("2024-10", whole, partner="all")] if whole is not None else []),
    ]
    result = judged(claim(measure="partner_share_usd", value="0.031", half_unit="0.0005"), rows).now
    assert (result.verdict, result.detail) == (verdict, words)


@pytest.mark.parametrize(("value", "verdict"), [(3, "contradicted"), (2, "confirmed"), (1, "contradicted")])
def test_months_above_a_limit(value: int, verdict: str) -> None:
    """At the limit is not above it."""
    made = claim(comparison="n_months", limit="10", value=value, period="2024-07..2024-10")
    result = judged(made, months({"2024-07": 11, "2024-08": 10, "2024-09": 5, "2024-10": 12})).now
    assert (result.verdict, result.detail) == (verdict, "2 of 4 months above 10: 2024-07, 2024-10")
    unknown = judged(made, months({"2024-07": 11, "2024-08": 10, "2024-10": 12})).now
    assert unknown.verdict == ("contradicted" if value == 1 else "not testable")
    assert judged(made, []).now.verdict == "not testable"


def test_a_known_error_is_expected_to_be_contradicted() -> None:
    """And says what is wrong with it; one that agrees is confirmed all the same, one that nobody can test is not."""
    made = claim(value="1110", half_unit="5", is_known_error=True, remark="a slip of the press")
    found = judged(made, [known("2024-10", 900)]).now
    assert found.verdict == "expected" and found.detail.endswith("known to be wrong: a slip of the press")
    assert judged(made, [known("2024-10", 1110)]).now.verdict == "confirmed"
    assert judged(made, []).now.verdict == "not testable"
    with pytest.raises(ValueError, match="the remark of a known error says what is wrong"):
        claim(value="1", half_unit="0", is_known_error=True)


def test_february_is_compared_with_february() -> None:
    """Whatever its days: 29 in 2024, 28 in 2023."""
    made = claim(measure="value_usd_yoy", period="2024-02", value="0.1", half_unit="0")
    assert judged(made, months({"2023-01": 9, "2023-02": 10, "2024-01": 50, "2024-02": 11})).now.verdict == "confirmed"


@pytest.mark.parametrize(
    ("figures", "why"),
    [
        ({"2023-10": 0, "2024-10": 5}, "nothing was traded in 2023-10, and there is no change on 0"),
        ({"2024-10": 5}, "2023-10 is not covered"),
        ({"2023-10": None, "2024-10": 5}, "2023-10 is not known in US dollars"),
        ({}, "no file covers import 502 ic/integrated_circuits"),
    ],
)
def test_a_change_without_a_base(figures: dict[str, int | None], why: str) -> None:
    """Zero and unknown are told apart, and neither makes a figure."""
    result = judged(claim(measure="value_usd_yoy", value="0.6", half_unit="0.005"), months(figures))
    assert (result.now.verdict, result.now.actual, result.now.detail) == ("not testable", None, why)


def test_a_sum_needs_every_month() -> None:
    """A month that is not known is not 0, even where the sum of the others would fit."""
    made = claim(period="2024-08..2024-10", value="3", half_unit="0")
    result = judged(made, months({"2024-08": 1, "2024-10": 2}))
    assert (result.now.verdict, result.now.detail) == ("not testable", "2024-09 is not covered")
    assert as_row(result)["trace"] == (
        "2024-10 502 integrated_circuits --scheme ic --source gacc; "
        "2024-08 502 integrated_circuits --scheme ic --source gacc"
    )
    assert judged(made, months({"2024-08": 1, "2024-09": 0, "2024-10": 2})).now.verdict == "confirmed"


def test_a_currency_is_known_apart() -> None:
    """Dollars that are not covered do not stand in for renminbi, nor the other way round."""
    rows = [known("2024-10", None, local=7)]
    assert judged(claim(measure="value_local", value="7", half_unit="0"), rows).now.verdict == "confirmed"
    assert judged(claim(value="7", half_unit="0"), rows).now.detail == "2024-10 is not known in US dollars"


@pytest.mark.parametrize(
    ("unit", "verdict"), [("Number of item", "confirmed"), ("Kilogram", "not testable"), (None, "not testable")]
)
def test_a_quantity_in_another_unit_is_not_known(unit: str | None, verdict: str) -> None:
    """Pieces are not kilograms."""
    made = claim(measure="quantity", unit="Number of item", value="5", half_unit="0")
    assert judged(made, [known("2024-10", 1, quantity=5, unit=unit)]).now.verdict == verdict


@pytest.mark.parametrize(
    ("comparison", "actual", "verdict"),
    [
        ("above", 11, "confirmed"),
        ("above", 10, "contradicted"),
        ("below", 9, "confirmed"),
        ("below", 10, "contradicted"),
    ],
)
def test_a_threshold_is_meant_exactly(comparison: str, actual: int, verdict: str) -> None:
    """Equal is neither above nor below."""
    assert judged(claim(comparison=comparison, value="10"), [known("2024-10", actual)]).now.verdict == verdict


STREAK = {"2024-06": 11, "2024-07": 12, "2024-08": 13, "2024-09": 14, "2024-10": 15}


def test_above_in_every_month() -> None:
    """The least month is the figure."""
    made = claim(comparison="above_every_month_since", since="2024-06", value="10")
    result = judged(made, months(STREAK)).now
    assert (result.verdict, result.actual) == ("confirmed", 11)
    assert result.detail == "above 10 in all of 2024-06..2024-10; least in 2024-06: 11"


@pytest.mark.parametrize(
    ("change", "verdict", "detail"),
    [
        ({"2024-08": 10}, "contradicted", "not above 10 in 2024-08 (10)"),
        ({"2024-08": 0, "2024-09": 3}, "contradicted", "not above 10 in 2024-08 (0), 2024-09 (3)"),
        ({"2024-08": None}, "not testable", "2024-08 is not known in US dollars"),
        ({"2024-07": None, "2024-08": 9}, "contradicted", "not above 10 in 2024-08 (9)"),
    ],
)
def test_a_streak_that_breaks(change: dict[str, int | None], verdict: str, detail: str) -> None:
    """One month at the value breaks it; a gap leaves it open, save where another month breaks it anyway."""
    made = claim(comparison="above_every_month_since", since="2024-06", value="10")
    result = judged(made, months({**STREAK, **change})).now
    assert (result.verdict, result.detail) == (verdict, detail)


def test_a_gap_in_a_streak() -> None:
    """A month without a row is not known."""
    made = claim(comparison="above_every_month_since", since="2024-06", value="10")
    result = judged(made, months({m: v for m, v in STREAK.items() if m != "2024-08"})).now
    assert (result.verdict, result.detail) == ("not testable", "2024-08 is not covered")


def test_records() -> None:
    """Greater than every earlier month; equal is no record; what is not known is said."""
    made = claim(comparison="record")
    result = judged(made, months({"2024-06": 3, "2024-09": 4, "2024-10": 5, "2024-11": 9})).now
    assert (result.verdict, result.actual) == ("confirmed", 5)
    assert result.detail == "5, above all of 2024-06, 2024-09; next 2024-09: 4; 2 months between are not known"
    tie = judged(made, months({"2024-06": 5, "2024-09": 4, "2024-10": 5})).now
    assert (tie.verdict, tie.detail) == ("contradicted", "5, but 2024-06 was 5")
    assert judged(made, months({"2024-10": 5})).now.detail == "no earlier month is known"
    assert judged(made, months({"2024-09": 4})).now.detail == "2024-10 is not covered"


def test_records_since() -> None:
    """Every month from `since` on must be known, itself included; those before it do not count."""
    made = claim(comparison="record", since="2024-08")
    assert judged(made, months({"2024-07": 99, "2024-08": 3, "2024-09": 4, "2024-10": 5})).now.verdict == "confirmed"
    assert judged(made, months({"2024-08": 6, "2024-09": 4, "2024-10": 5})).now.verdict == "contradicted"
    assert judged(made, months({"2024-08": 3, "2024-10": 5})).now.detail == "2024-09 is not covered"


def test_fastest_since() -> None:
    """Faster than in every month after `since`, which itself may have been faster or slower."""
    made = claim(comparison="fastest_since", measure="value_usd_yoy", since="2024-07")
    rows = {**YEAR, "2024-07": 900, "2024-08": 110, "2024-09": 120, "2024-10": 130}
    result = judged(made, months(rows)).now
    assert (result.verdict, result.actual) == ("confirmed", Fraction(3, 10))
    assert result.detail == "+30 %, more than in all of 2024-08..2024-09; next 2024-09: +20 %"
    equal = judged(made, months({**rows, "2024-08": 130})).now
    assert (equal.verdict, equal.detail) == ("contradicted", "+30 %, not more than in 2024-08; most in 2024-08: +30 %")
    assert judged(made, months({**rows, "2023-08": 0})).now.verdict == "not testable"
    gap = {month: value for month, value in rows.items() if month != "2023-09"}
    assert judged(made, months(gap)).now.detail == "2023-09 is not covered"
    assert judged(made, months({**gap, "2024-08": 500})).now.verdict == "contradicted"


def test_stockpiling() -> None:
    """Mean of three over mean of twelve; exactly 1 is not above 1; each of the fifteen months is needed."""
    made = claim(comparison="stockpile", value="1")
    span = {format_month(add_months(parse_month("2024-10"), -n)): 100 for n in range(15)}
    flat = judged(made, months(span)).now
    assert (flat.verdict, flat.actual) == ("contradicted", 1)
    more = judged(made, months({**span, "2024-10": 101}))
    assert (more.now.verdict, more.now.actual) == ("confirmed", Fraction(301, 300))
    assert "2023-08..2024-07" in more.now.detail and as_row(more)["months_used"] == "2023-08..2024-10"
    assert str(as_row(more)["trace"]).count(";") == 11
    assert judged(made, months({**span, "2023-08": None})).now.verdict == "not testable"
    nothing = dict.fromkeys(span, 0) | {"2024-10": 5}
    assert "no ratio to 0" in judged(made, months(nothing)).now.detail


def test_then_is_what_was_known_on_the_day() -> None:
    """The first print on the day itself; a revision from its own day on; before the first file nothing."""
    rows = [
        known("2024-10", 100, since="2024-11-20", until="2025-11-20"),
        known("2024-10", 90, since="2025-11-20"),
    ]
    made = {"value": "100", "half_unit": "1"}
    result = judged(claim(**made, published_on="2024-11-20"), rows)
    assert (result.then.verdict, result.then.actual) == ("confirmed", 100)
    assert (result.now.verdict, result.now.actual) == ("contradicted", 90)
    assert judged(claim(**made, published_on="2025-11-19"), rows).then.actual == 100
    assert judged(claim(**made, published_on="2025-11-20"), rows).then.actual == 90
    early = judged(claim(**made, published_on="2024-11-19"), rows).then
    assert early.verdict == "not testable"
    assert early.detail == "no file of a vintage up to 2024-11-19 covers import 502 ic/integrated_circuits"


def test_two_figures_on_one_day_are_no_figure() -> None:
    """A table that says two things is broken; taking one of them would hide it."""
    with pytest.raises(ValueError, match="two figures"):
        judged(claim(value="1", half_unit="0"), [known("2024-10", 1), known("2024-10", 2)])
