"""Comparisons on all categories of a scheme, by hand: ties, unknown categories, and parts never traded."""

from __future__ import annotations

from typing import Any

import pytest

from orchestration.claims.evaluate import as_row
from tests.claims.frames import claim, covered, judged, known

TYPES = ("processors_controllers", "memory", "amplifiers", "other_ic")


def of_types(*values: int | None) -> list[dict[str, object]]:
    """October 2024 by type; None = no row."""
    return [known("2024-10", v, f"ic_type/{t}") for t, v in zip(TYPES, values, strict=True) if v is not None]


def types(value: int, **said: Any) -> Any:
    """That so many types were traded."""
    return claim(scheme="ic_type", category=None, comparison="n_types", value=str(value), **said)


def greatest(*categories: str, **said: Any) -> Any:
    """That these types were the greatest."""
    return claim(scheme="ic_type", category=None, comparison="top", categories=list(categories), **said)


@pytest.mark.parametrize(("value", "verdict"), [(4, "contradicted"), (3, "confirmed"), (2, "contradicted")])
def test_types_with_trade(value: int, verdict: str) -> None:
    """A covered type without trade is none of them."""
    result = judged(types(value), of_types(5, 4, 3, 0)).now
    assert (result.verdict, result.actual) == (verdict, 3)
    assert result.detail == "3 of 4 categories of ic_type had trade; none in other_ic"


@pytest.mark.parametrize(
    ("value", "verdict"), [(5, "contradicted"), (4, "not testable"), (3, "not testable"), (2, "contradicted")]
)
def test_an_unknown_type_may_be_either(value: int, verdict: str) -> None:
    """Three are known to be traded, so it is three or four."""
    assert judged(types(value), of_types(5, 4, 3, None)).now.verdict == verdict


def test_a_type_never_traded_counts_as_none_where_it_is_covered() -> None:
    """It has no row; that every partner is covered says that it is 0. Renminbi say nothing of dollars."""
    rows, other = of_types(5, 4, 3, None), "ic_type/other_ic"
    assert judged(types(3), rows, held=[covered("2024-10", "2024-11-20", other)]).now.verdict == "confirmed"
    not_known = [
        covered("2024-10", None, other, local="2024-11-20"),
        covered("2024-09", "2024-11-20", other),
        covered("2024-10", "2024-11-20", other, partner="116"),
        covered("2024-10", "2024-11-20", "ic_type/memory"),
    ]
    for held in not_known:
        assert judged(types(3), rows, held=[held]).now.verdict == "not testable"


def test_trade_in_any_month_of_the_period_counts() -> None:
    """The period as a whole."""
    rows = [*of_types(5, 4, 0, 0), known("2024-09", 1, "ic_type/amplifiers")]
    assert judged(types(3, period="2024-09..2024-10"), rows).now.verdict == "not testable"
    rows += [known("2024-09", 0, f"ic_type/{name}") for name in TYPES if name != "amplifiers"]
    assert judged(types(3, period="2024-09..2024-10"), rows).now.verdict == "confirmed"


def test_nothing_known_contradicts_nothing() -> None:
    """Not even a number that the scheme does not have."""
    result = judged(types(9), [])
    assert (result.now.verdict, as_row(result)["trace"]) == ("not testable", None)
    assert result.now.detail == "no file covers import 502 ic_type/amplifiers (and so 3 more)"


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ((5, 4, 3, 2), "confirmed"),
        ((3, 4, 5, 2), "confirmed"),
        ((5, 4, 2, 2), "contradicted"),
        ((5, 4, 1, 2), "contradicted"),
        ((5, 4, 3, None), "not testable"),
        ((None, 4, 2, 3), "contradicted"),
        ((5, 4, 0, 0), "contradicted"),
    ],
)
def test_the_greatest(values: tuple[int | None, ...], verdict: str) -> None:
    """In any order; equal is not above; what is not known leaves it open, unless the known ones decide."""
    assert judged(greatest(*TYPES[:3]), of_types(*values)).now.verdict == verdict


@pytest.mark.parametrize(
    ("values", "verdict"),
    [((5, 4, 3, 2), "confirmed"), ((4, 5, 3, 2), "contradicted"), ((5, 5, 3, 2), "contradicted")],
)
def test_the_greatest_in_order(values: tuple[int, ...], verdict: str) -> None:
    """Each above the next; a tie is no order."""
    assert judged(greatest(*TYPES[:3], ordered=True), of_types(*values)).now.verdict == verdict


def test_the_words_name_the_figures() -> None:
    """The greatest ones in their order, and the next."""
    result = judged(greatest("memory", "processors_controllers"), of_types(50, 40, 3, 20)).now
    assert (result.actual, result.detail) == (2, "processors_controllers 50, memory 40; next other_ic 20")
    wrong = judged(greatest("memory", "amplifiers"), of_types(50, 40, 3, 20)).now
    assert (wrong.actual, wrong.detail) == (0, "memory 40 is not above processors_controllers 50")
