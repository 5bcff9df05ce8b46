"""Stories are read strictly: a typo names file, line and what is allowed; what they ask for is in the marts."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.months import parse_month
from orchestration.base.words import written
from orchestration.releases.published import published_models
from orchestration.stories.declared import FOLDER, load_story, names
from orchestration.stories.figures import Figure
from orchestration.stories.measures import MEASURES
from orchestration.stories.told import sentence

SHIPPED = ("chips", "magnets", "soybeans")
OCTOBER = dt.date(2024, 10, 1)


def test_what_is_shipped() -> None:
    assert names() == list(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_figure_is_a_column_of_the_marts(name: str) -> None:
    """Blanks and pictures; a change has the column that it is one of."""
    columns = {model.name: set(model.columns) for model in published_models()}
    story = load_story(name)
    parts = [*story.blanks.values(), *story.pictures]
    assert parts
    for part in parts:
        measure = MEASURES[part.measure]
        table = measure.table_of(story.subject(part)[0])
        assert {part.measure, *([measure.of] if measure.of else []), "is_low_base"} <= columns[table], part


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("written: billions}", "writen: billions}", 13, "use one of measure, partner, scheme, category, written"),
        ("title:", "titel:", 2, "Remedy: use one of title, scope, datasets"),
        ("measure: value_usd,", "measure: value_us,", 13, "there is no measure 'value_us': use one of value_usd, v"),
        ("written: billions}", "written: percent}", 13, "value_usd is not written in percent: use one of billions"),
        ("partner: 842", "partner: 843", 3, "there is no partner of comtrade '843': use one of 10, 100"),
        ("category: integrated_circuits", "category: chips", 3, "there is no category of ic 'chips': use one of int"),
        ("[comtrade_us_chips]", "[comtrade_chips]", 4, "there is no dataset 'comtrade_chips': use one of us_chips"),
        ("  - un_us_ic_2024_10_value", "  - un_us_ic_value", 24, "there is no claim 'un_us_ic_value': use one of us_"),
        ("[comtrade_us_chips]", "[us_chips]", 4, "none of these holds comtrade CHN import: use one of comtrade_us_"),
        ("[comtrade_us_chips]", "[comtrade_magnets]", 4, "none of these holds comtrade CHN import"),
        ("  - China bought", "  - ', {value}'\n  - China bought", 5, "the first clause begins with a comma"),
        ("{value} worth", "{worth} worth", 5, "there is no blank 'worth': use one of value, month"),
        ("{value} worth", "{value:,} worth", 5, "write a blank as its name in braces: {value}"),
        (", {growth} on a year before", ", as ever", 5, "the sentence does not ask for growth"),
        ("month: {measure", "month: {partner: 9999, measure", 12, "month: there is no partner of comtrade '9999'"),
        ("date: 2022-10-07", "date: October 2022", 32, "events.0.date"),
    ],
)  # fmt: skip
def test_a_typo_names_file_line_and_what_is_allowed(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    text = (FOLDER / "chips.yml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "chips.yml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RefusalError) as refused:
        load_story("chips", tmp_path)
    assert (refused.value.file, refused.value.line) == ("chips.yml", line), refused.value
    assert said in str(refused.value)


def test_a_story_that_is_not_there_is_wrong_usage(bonded: Any) -> None:
    code, out, err = bonded("story", "ships")
    assert (code, out) == (2, "") and "there is no story 'ships': use one of chips, magnets, soybeans" in err


@pytest.mark.parametrize(
    ("value", "form", "digits", "words"),
    [
        (1_111_497_548, "billions", None, "US$1.11 bn"),
        (1_115_000_000, "billions", None, "US$1.12 bn"),
        (1_000_000_000, "billions", 0, "US$1 bn"),
        (255_100_000, "millions", 0, "US$255 m"),
        (0, "billions", None, "US$0.00 bn"),
        (104_000_000, "billions", None, "US$0.10 bn"),
        (5_000_000, "billions", None, "US$5.0 m"),
        (250_000_000, "billions", 0, "US$250.0 m"),
        (-14_000_000, "billions", None, "US$-14.0 m"),
        (4_321, "billions", None, "US$4,321"),
        (4_321, "millions", None, "US$4,321"),
        (0.600977, "change", None, "up 60 %"),
        (-0.1254, "change", 1, "down 12.5 %"),
        (0.0004, "change", None, "unchanged"),
        (0.2345, "percent", None, "23.5 %"),
        (1, "months", None, "one month"),
        (13, "months", None, "13 months"),
        (0, "count", None, "no"),
        (OCTOBER, "month", None, "October 2024"),
        (OCTOBER, "span", None, "January to October 2024"),
        (dt.date(2024, 1, 1), "span", None, "January 2024"),
    ],
)
def test_words(value: Any, form: str, digits: int | None, words: str) -> None:
    """As a newspaper prints them; a half is rounded up."""
    assert written(value, form, digits) == words


def test_the_months_behind_a_figure() -> None:
    """A change has those of both years; from January on means all of them."""
    assert MEASURES["value_usd_yoy"].months(OCTOBER) == (parse_month("2023-10"), OCTOBER)
    assert MEASURES["value_usd_mom"].months(OCTOBER) == (parse_month("2024-09"), OCTOBER)
    assert len(MEASURES["value_usd_ytd"].months(OCTOBER)) == 10
    assert len(MEASURES["value_usd_ytd_yoy"].months(OCTOBER)) == 20


def told(**shown: str | None) -> str | None:
    """The sentence of chips with these figures."""
    figures = {
        name: Figure(name, "value_usd", "842", "ic", "x", "2024-10", None, text, None, False, (), ())
        for name, text in shown.items()
    }
    return sentence(load_story("chips"), figures)


def test_a_clause_without_its_figure_is_left_out() -> None:
    """With what goes on from it; and nothing is said where the first one is not known."""
    known = {"value": "US$1 bn", "month": "May 2024", "span": "January to May 2024", "so_far_growth": "up 3 %"}
    first = "China bought US$1 bn worth of integrated circuits from the United States in May 2024"
    assert told(**known, growth=None) == f"{first}."
    assert told(**known, growth="up 1 %") == f"{first}, up 1 % on a year before."
    assert told(**known, so_far="US$5 bn") == f"{first}; US$5 bn in January to May 2024, up 3 %."
    assert told(**{**known, "value": None}) is None
