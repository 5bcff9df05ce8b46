"""`claims.yml` is read strictly: a typo names the file and, where it stands in a line, the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.settings import settings
from orchestration.claims.load import FILE, load_claims
from orchestration.sources.catalogue import TRADE
from tests.second_source import OTHER

GOOD = """claims:
  chips:
    text: Chips
    publisher: Press
    published_on: 2024-11-21
    address: not recorded
    flow: import
    partner: 502
    scheme: ic
    category: integrated_circuits
    measure: value_usd
    comparison: equals
    period: 2024-10
    value: 1110000000
    half_unit: 5000000
"""
TOP = GOOD.replace("scheme: ic", "scheme: ic_type").replace("    category: integrated_circuits\n", "").replace(
    "comparison: equals", "comparison: top\n    categories: [memory]"
).replace("    value: 1110000000\n    half_unit: 5000000\n", "")  # fmt: skip


def load(folder: Path, text: str) -> dict[str, object]:
    """The text as the file of a folder."""
    (folder / FILE).write_text(text, encoding="utf-8")
    return dict(load_claims(folder))


def test_the_shipped_claims_are_sound() -> None:
    """Each claim of the story is its own."""
    assert set(load_claims()) == {
        "us_ic_2024_10_value", "us_ic_2024_10_growth", "us_ic_2024_01_10_value", "us_ic_2024_01_10_growth",
        "us_ic_above_1bn_since_june", "us_ic_nine_types", "us_ic_most_wanted_types", "us_ic_stockpiling",
        "un_us_ic_2024_10_value", "un_us_ic_2024_10_growth", "un_us_ic_2024_01_10_value", "un_us_ic_2024_01_10_growth",
        "un_us_ic_above_1bn_since_june", "un_us_ic_most_wanted_types", "un_us_ic_stockpiling",
        "un_us_soybeans_2025_09_none",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("measure", "value", "half_unit", "words"),
    [
        ("value_usd_yoy", "60", "0.5", "a change is a fraction: write 0.6 for +60 %"),
        ("value_usd_yoy", "-42.5", "0.05", "write -0.425 for -42.5 %"),
        ("value_usd_mom", "5", "0.5", "write 0.05 for +5 %"),
        ("partner_share_usd", "3.1", "0.05", "a share is a fraction between 0 and 1: write 0.031 for 3.1 %"),
    ],
)
def test_percent_is_refused_where_a_fraction_is_meant(
    tmp_path: Path, measure: str, value: str, half_unit: str, words: str
) -> None:
    """By its size, or by that of its last digit; the fraction is there to be copied."""
    text = GOOD.replace("measure: value_usd", f"measure: {measure}").replace("value: 1110000000", f"value: {value}")
    with pytest.raises(RefusalError) as refused:
        load(tmp_path, text.replace("half_unit: 5000000", f"half_unit: {half_unit}"))
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("half_unit: 5", "half_unti: 5", 15, "half_unti"),
        ("    half_unit: 5000000\n", "", 2, "half_unit"),
        ("comparison: equals", "comparison: equal", 2, "equal"),
        ("flow: import", "flow: imports", 7, "flow"),
        ("measure: value_usd", "measure: usd", 11, "measure"),
        ("period: 2024-10", "period: 2024-13", 13, "twelve"),
        ("period: 2024-10", "period: 2024-10..2024-09", 13, "the last month lies before the first"),
        ("published_on: 2024-11-21", "published_on: 2024-10-31", 2, "published_on"),
        ("published_on: 2024-11-21", "published_on: November", 5, "published_on"),
        ("value: 1110000000", "value: 1.11 bn", 14, "value"),
        ("half_unit: 5000000", "half_unit: -1", 15, "half_unit"),
        ("text: Chips", "text: ' '", 3, "say something"),
        ("text: Chips", "text: |\n      Chips\n      and more", 3, "one line"),
        ("address: not recorded", 'address: "a\\tb"', 6, "control characters"),
        ("measure: value_usd", "measure: quantity", 2, "unit"),
        ("comparison: equals", "comparison: above", 15, "half_unit"),
        ("comparison: equals", "comparison: n_types", 10, "category"),
        ("    half_unit", "    value", 15, "twice"),
        ("  chips:", "  Chips 1:", 2, "Chips 1"),
        ("partner: 502", "partner: 840", None, "the partner '840' of gacc"),
        ("partner: 502", "source: gaccs\n    partner: 502", 8, "there is no source 'gaccs': use one of gacc"),
        ("partner: 502", "reporter: USA\n    partner: 502", 2, "gacc does not report for 'USA', but for CHN"),
        ("partner: 502", "source: other\n    partner: 502", 2, "reporter is missing: other reports for DEU, FRA"),
        ("partner: 502", "source: other\n    reporter: DEU\n    partner: 502", None, "the partner '502' of other"),
        (
            "partner: 502\n    scheme: ic",
            "source: other\n    reporter: DEU\n    partner: all\n    scheme: ic_line",
            None,
            "the scheme 'ic_line', which is not known\n  Remedy: use one of all",
        ),
        ("period: 2024-10", "period: 2014-12..2024-10", 2, "lies before 2015-01"),
        ("period: 2024-10", "source: other\n    reporter: DEU\n    period: 2009-12..2024-10", 2, "lies before 2010-01"),
        ("measure: value_usd", "measure: value_usd_yoy", 2, "a change is a fraction"),
        ("scheme: ic", "scheme: chips", None, "the scheme 'chips'"),
        ("category: integrated_circuits", "category: memory", None, "the category ic/memory"),
        ("scheme: ic", "scheme: hs4", None, "hs4/integrated_circuits"),
    ],
)
def test_a_typo_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, line: int | None, words: str
) -> None:
    """That says where, what and what to do."""
    monkeypatch.setitem(TRADE, OTHER.name, OTHER)
    assert load(tmp_path, GOOD)
    assert old in GOOD
    with pytest.raises(RefusalError) as refused:
        load(tmp_path, GOOD.replace(old, new, 1))
    assert refused.value.file == FILE and refused.value.line == line and refused.value.remedy
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[memory]", "[chips]", "the category ic_type/chips"),
        ("[memory]", "[memory, memory]", "twice"),
        ("[memory]", "[]", "categories"),
        ("[memory]", "[memory, amplifiers, other_ic, processors_controllers]", "every category"),
        ("categories: [memory]", "categories: [memory]\n    value: 3", "value"),
    ],
)
def test_the_greatest_must_be_some_of_the_scheme(tmp_path: Path, old: str, new: str, words: str) -> None:
    """All of them would be the greatest whatever was traded."""
    assert load(tmp_path, TOP)
    with pytest.raises(RefusalError, match=words):
        load(tmp_path, TOP.replace(old, new, 1))


@pytest.mark.parametrize(
    ("comparison", "words"),
    [
        ("above_every_month_since\n    since: 2024-11\n    value: 1", "since lies after"),
        ("above_every_month_since\n    value: 1", "since"),
        ("record\n    since: 2024-10", "since must lie before"),
        ("fastest_since\n    since: 2024-09", "a month to compare with"),
        ("stockpile\n    value: 1\n    since: 2024-01", "since"),
    ],
)
def test_since_must_leave_something_to_compare(tmp_path: Path, comparison: str, words: str) -> None:
    """An empty comparison holds for every figure."""
    bare = GOOD.replace("    value: 1110000000\n    half_unit: 5000000\n", "")
    if comparison.startswith("fastest"):
        bare = bare.replace("measure: value_usd", "measure: value_usd_yoy")
    with pytest.raises(RefusalError, match=words):
        load(tmp_path, bare.replace("comparison: equals", f"comparison: {comparison}"))


def test_one_month_where_the_comparison_speaks_of_one(tmp_path: Path) -> None:
    """A record of several months is not defined."""
    bare = GOOD.replace("    value: 1110000000\n    half_unit: 5000000\n", "").replace("equals", "record")
    assert load(tmp_path, bare)
    with pytest.raises(RefusalError, match="one month"):
        load(tmp_path, bare.replace("period: 2024-10", "period: 2024-09..2024-10"))


def test_a_missing_file_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No claims at all would look like no contradiction."""
    monkeypatch.setattr(settings(), "expectations", tmp_path)
    with pytest.raises(RefusalError, match="missing"):
        load_claims()
