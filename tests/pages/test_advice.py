"""Quote, hedge, or do not quote: each reason by itself, and the gravest of them decides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest

from orchestration.pages.advice import advice
from orchestration.releases.manifest import HeldBack
from tests.pages.made import restated, series

#: Two years and ten months that grow by a tenth a year.
GROWING = [1_000_000_000 + 8_000_000 * n for n in range(34)]
OCTOBER = dt.date(2024, 10, 1)
HELD = HeldBack(
    since=dt.date(2024, 12, 1), sequence=3, parser_version="1", withdrawn=[], candidate="c", why=["keys_and_shapes"]
)


def asked(values: Sequence[int | None], month: dt.date = OCTOBER, **said: Any) -> tuple[str, list[tuple[str, str]]]:
    """What to do with a sentence on these values, and why."""
    known = {"told": "China bought chips.", "is_synthetic": False, "held_back": {}, "missing": []}
    prints = said.pop("prints", ())
    found = advice(series(values, prints), month, **(known | said))
    return found.verdict, [(of.weight, str(of.text.striptags())) for of in (*found.against, *found.in_order)]


def test_a_sound_sentence_may_be_quoted() -> None:
    """Nothing speaks against it, and it says what was looked at."""
    verdict, reasons = asked(GROWING)
    assert verdict == "quote" and {weight for weight, _ in reasons} == {"quote"}
    assert [text.split(":")[0] for _, text in reasons] == [
        "The base is no small one",
        "No month of this year and the last is missing.",
        "No month of the last year was revised by more than rounding.",
        "It would have held half a year earlier",
    ]
    assert "US$1.17 bn a year before" in reasons[0][1] and "April 2024 was up 9 %" in reasons[3][1]


#: By name the values, what else is known, what follows from it, and the words in which it is told.
CASES: dict[str, tuple[list[int | None], dict[str, Any], str, str]] = {
    "synthetic": (GROWING, {"is_synthetic": True}, "do not quote", "Every figure is synthetic"),
    "nothing is known": (GROWING, {"told": None}, "do not quote", "are not known"),
    "a low base": ([900_000] * 22 + [2_000_000] * 12, {}, "do not quote", "Low base: US$0.9 m a year before"),
    "no base": (GROWING[:10], {"month": dt.date(2022, 10, 1)}, "hedge", "Growth on a year before is not known"),
    "held back": (GROWING, {"held_back": {"gacc": HELD}}, "hedge", "held back since 2024-12-01"),
    "a month is due": (GROWING, {"missing": ["2024-11 is out and not there."]}, "hedge", "2024-11 is out"),
    "a month is missing": ([*GROWING[:30], None, *GROWING[31:]], {}, "hedge", "Months are not known: 2024-07."),
    "later months are missing": ([*GROWING[:34], None, 1_300_000_000], {}, "hedge", "not known: 2024-11."),
    "revised": (GROWING, {"prints": restated(dt.date(2024, 6, 1), 1_210_000_000, 1_232_000_000)}, "hedge",
                "June 2024 was first printed as US$1.21 bn and stands at US$1.23 bn."),
    "revised by less than rounding": (GROWING, {"prints": restated(dt.date(2024, 6, 1), 1_231_000_000, 1_232_000_000)},
                                      "quote", "No month of the last year was revised"),
    "revised long ago": (GROWING, {"prints": restated(dt.date(2022, 6, 1), 1_000_000_000, 1_040_000_000)}, "quote",
                         "No month of the last year was revised"),
    "growth that is young": ([2_000_000_000 - 20_000_000 * n for n in range(33)] + [2_500_000_000], {}, "hedge",
                             "It would not have held half a year earlier: April 2024 was down 14 %"),
    "what was never held is not said to be there": (GROWING[:20], {"month": dt.date(2023, 8, 1)}, "quote",
                                                    "No month since January 2022, with which its figures begin, is"),
    "a February": (GROWING[:26], {"month": dt.date(2024, 2, 1)}, "hedge", "give both together"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_each_reason_says_what_follows(name: str) -> None:
    """With the figure that it rests on."""
    values, said, verdict, words = CASES[name]
    decided, reasons = asked(values, **said)
    assert decided == verdict
    assert [weight for weight, text in reasons if words in text] == [verdict], reasons


def test_what_is_in_order_does_not_stand_among_what_is_not() -> None:
    """Each reason stands in one of the two, whatever follows from all of them."""
    found = advice(series(GROWING), OCTOBER, "China bought chips.", True, {"gacc": HELD}, [])
    assert found.verdict == "do not quote"
    assert [of.weight for of in found.against] == ["do not quote", "hedge"]
    assert {of.weight for of in found.in_order} == {"quote"} and len(found.in_order) == 4
    assert len(found.against) + len(found.in_order) == len(found.reasons)


def test_the_gravest_reason_comes_first() -> None:
    """Whatever else is wrong."""
    values: list[int | None] = [*[900_000] * 22, *[2_000_000] * 11, 3_000_000]
    verdict, reasons = asked(values, missing=["2024-11 is out and not there."])
    assert verdict == "do not quote"
    order = [weight for weight, _ in reasons]
    assert order == sorted(order, key=["do not quote", "hedge", "quote"].index) and len(set(order)) == 3
