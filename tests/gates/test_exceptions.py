"""Known exceptions: what they waive, what they never waive, and how they end."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from orchestration.base.errors import RefusalError
from orchestration.gates.exceptions import KnownException, load_exceptions, waive
from tests.gates.test_frame import copy_expectations

TODAY = dt.date(2026, 6, 1)
ENTRY = {
    "gates": ["totals"],
    "dataset": "gacc import",
    "scope": "press_us_all",
    "months": "2019-01",
    "expect": "-70..-60",
    "reason": "aircraft",
    "source": "customs' note",
    "expires": "2026-12-31",
}
YAML = """exceptions:
  aircraft:
    gates: [totals]
    dataset: gacc import
    scope: press_us_all
    months: 2019-01
    expect: -70..-60
    reason: aircraft
    source: customs' note
    expires: 2026-12-31
"""


def known(**said: Any) -> dict[str, KnownException]:
    """One exception, as the file gives it."""
    return {"aircraft": KnownException.model_validate({**ENTRY, **said})}


def results(verdict: str = "failed", difference: str | None = "-65", **said: Any) -> pd.DataFrame:
    """One comparison."""
    row = {"gate": "totals", "source": "gacc", "reporter": "CHN", "flow": "import", "dataset": "gacc import",
           "month": dt.date(2019, 1, 1),
           "scope": "press_us_all_2019_01: 502 × all_goods", "n_compared": 7, "verdict": verdict, "waived_by": None,
           "difference": None if difference is None else Decimal(difference)}  # fmt: skip
    return pd.DataFrame([{**row, **said}], dtype=object)


@pytest.mark.parametrize("verdict", ["failed", "warned"])
def test_a_finding_of_the_known_size_is_waived(verdict: str) -> None:
    """Visibly: it says by what."""
    rows = results(verdict)
    assert waive(rows, known(), TODAY) == []
    assert rows["verdict"].tolist() == ["waived"] and rows["waived_by"].tolist() == ["aircraft"]


OTHERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a larger difference": ({"difference": Decimal(-71)}, {}),
    "the other sign": ({"difference": Decimal(65)}, {}),
    "an unknown difference": ({"difference": None}, {}),
    "another scope": ({"scope": "story: 502"}, {}),
    "broken": ({"verdict": "broken"}, {}),
    "expected unknown, found a number": ({}, {"expect": "unknown"}),
}


@pytest.mark.parametrize("case", OTHERS)
def test_nothing_else_is_waived(case: str) -> None:
    """The finding stands, and the exception that covers nothing is a finding too."""
    row, said = OTHERS[case]
    rows = results(**{"verdict": "failed", **row})
    before = rows["verdict"].tolist()
    (problem,) = waive(rows, known(**said), TODAY)
    assert rows["verdict"].tolist() == before and "no finding needs it" in problem.reason
    assert (problem.gate, problem.month) == ("totals", dt.date(2019, 1, 1))


def test_an_unknown_difference_can_be_known() -> None:
    """Where one side is missing and is known to be."""
    rows = results(difference=None)
    assert waive(rows, known(expect="unknown"), TODAY) == [] and rows["verdict"].tolist() == ["waived"]


def test_it_ends_on_its_day() -> None:
    """On the last day it holds; the day after it waives nothing and fails."""
    last = results()
    assert waive(last, known(), dt.date(2026, 12, 31)) == []
    after = results()
    (problem,) = waive(after, known(), dt.date(2027, 1, 1))
    assert after["verdict"].tolist() == ["failed"] and "expired on 2026-12-31" in problem.reason


def test_what_is_not_needed_any_more_fails() -> None:
    """The comparison passes now: the exception would wave the next fault through."""
    (problem,) = waive(results("passed", "0"), known(), TODAY)
    assert "remove it from known_exceptions.yml" in problem.reason


def test_what_was_found_against_the_release_before_sleeps() -> None:
    """Published, it is no finding any more; the exception is there in case it is built anew, until it expires."""
    rows = results("passed", "0")
    assert waive(rows, known(), TODAY, reads_before=["totals"]) == [] and rows["verdict"].tolist() == ["passed"]
    (problem,) = waive(rows, known(), dt.date(2027, 1, 1), reads_before=["totals"])
    assert "expired on 2026-12-31" in problem.reason


@pytest.mark.parametrize(
    "row",
    [
        {"gate": "layers"},
        {"dataset": "gacc export"},
        {"month": dt.date(2019, 2, 1)},
        {"n_compared": 0, "verdict": "not_applicable"},
        {"month": None},
    ],
)
def test_an_exception_of_another_home_says_nothing(row: dict[str, Any]) -> None:
    """Where its gates compare nothing of its dataset and months, it is neither needed nor in the way."""
    rows = results(**row)
    assert waive(rows, known(), TODAY) == [] and "aircraft" not in rows["waived_by"].tolist()


def test_the_shipped_file_is_sound() -> None:
    """And waives nothing."""
    assert load_exceptions(Path(__file__).parents[2] / "expectations", {"totals"}) == {}


EDITS = {
    "a gate that is none": ("[totals]", "[totalz]", "totalz"),
    "a field misspelt": ("expires:", "expire:", "expire"),
    "no reason": ("reason: aircraft", "reason: ''", "say something"),
    "no difference": ("-70..-60", "a little", "no difference"),
    "a range upside down": ("-70..-60", "-60..-70", "below the first"),
    "months upside down": ("months: 2019-01", "months: 2019-02..2019-01", "before the first"),
    "no month": ("months: 2019-01", "months: 2019", "not a month"),
    "no day": ("2026-12-31", "soon", "expires"),
}


@pytest.mark.parametrize("case", EDITS)
def test_a_typo_is_an_error_that_names_the_file(tmp_path: Path, case: str) -> None:
    """Otherwise an exception would waive nothing, or too much, in silence."""
    old, new, message = EDITS[case]
    folder = copy_expectations(tmp_path)
    (folder / "known_exceptions.yml").write_text(YAML.replace(old, new), encoding="utf-8")
    with pytest.raises(RefusalError, match=message) as refused:
        load_exceptions(folder, {"totals", "layers"})
    assert refused.value.file == "known_exceptions.yml"


def test_the_file_may_not_be_missing(tmp_path: Path) -> None:
    """Then nobody knows what is waived."""
    with pytest.raises(RefusalError, match="missing"):
        load_exceptions(tmp_path, {"totals"})
