"""The dictionary of measures: strict, used, and whole: whoever publishes a figure says how it adds up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestration.base.errors import RefusalError
from orchestration.releases.published import after_audit_models, published_models
from orchestration.stories.measures import MEASURES
from orchestration.warehouse.dbt import added_nodes, manifest, published_nodes
from orchestration.warehouse.measures import ROWS, TEXTS, measures, read, rows, texts

AGAIN = "run: .venv/bin/python -m orchestration.warehouse.measures"
ENTRY = "measures:\n  value_usd:\n    label: US dollars\n    meaning: Dollars.\n    unit: US dollars\n"
#: Words by which a type is one of figures.
FIGURES = ("bigint", "integer", "double", "decimal")


def figures(nodes: dict[str, Any]) -> dict[tuple[str, str], str]:
    """By table and column the description of each numeric column that is no part of its table's key."""
    return {
        (table, column): " ".join(of["description"].split())
        for table, node in nodes.items()
        for column, of in node["columns"].items()
        if of["data_type"].startswith(FIGURES) and column not in node["config"]["meta"]["sort"]
    }


def test_what_is_written_from_the_dictionary_is_up_to_date() -> None:
    assert TEXTS.read_text(encoding="utf-8") == texts(measures()), AGAIN
    assert ROWS.read_text(encoding="utf-8") == rows(measures()), AGAIN


def test_each_published_figure_says_how_it_adds_up() -> None:
    """Whoever adds a column adds it to measures.yml, and nothing stands there that no table has."""
    found = figures({**published_nodes(), **added_nodes()})
    assert {column for _, column in found} == set(measures()), "add the column to dbt_project/measures.yml"
    for (table, column), text in found.items():
        assert text.endswith(measures()[column].use), (table, column)


def test_no_meaning_is_written_twice() -> None:
    """A table says in its own words what is its own; else its YAML shows the dictionary's, and so do some of each."""
    nodes = {node["name"]: node for node in manifest()["nodes"].values() if node.get("group") == "published"}
    said = figures(nodes)
    of_dbt = {column for _, column in said}
    shown = {column for (_, column), text in said.items() if text.startswith(measures()[column].meaning)}
    assert shown == of_dbt
    written = [
        path.name
        for path in sorted((TEXTS.parent).rglob("*.yml"))
        for of in measures().values()
        if len(of.meaning) > 40 and of.meaning in " ".join(path.read_text(encoding="utf-8").split())
    ]
    assert not written


def test_what_may_never_be_summed_says_what_to_do_instead() -> None:
    """Sums over months, ratios, ranks and bounds; the naive sums that give a wrong figure are named."""
    never = {name for name, of in measures().items() if not of.adds_up}
    assert {"value_usd_yoy", "yoy_percent", "months_at_or_above", "record_usd", "hhi_usd", "rank_usd"} <= never
    assert "never over months" in measures()["value_usd_ytd"].use
    assert "one scheme" in measures()["value_usd"].use and "NULL" in measures()["value_local"].use


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (ENTRY + "    agregation: sums over months\n", 6, "measures.value_usd.agregation"),
        (ENTRY + "    aggregation: adds up\n", 6, "it begins with 'sums'"),
        (ENTRY + "    aggregation: sums over months\n  value_usd: {}\n", 7, "'value_usd' is given twice"),
        (ENTRY, 2, "measures.value_usd.aggregation: Field required"),
        (ENTRY.replace("Dollars.", "''") + "    aggregation: sums over months\n", 4, "it says nothing"),
    ],
)
def test_a_fault_in_the_dictionary_names_file_and_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    path = tmp_path / "measures.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RefusalError, match=said) as refused:
        read(path)
    assert (refused.value.file, refused.value.line) == ("measures.yml", line)


def test_stories_ask_for_measures_of_the_dictionary() -> None:
    """Dates apart; amounts are dollars, changes fractions."""
    known = measures()
    for name in set(MEASURES) - {"month", "above_since"}:
        unit = known[name].unit
        assert ("billions" in MEASURES[name].forms) == unit.startswith("US dollars"), name
        assert ("percent" in MEASURES[name].forms) == (unit == "fraction"), name


def test_comments_say_unit_and_sums() -> None:
    """Of tables with the verdict, too."""
    models = {model.name: model for model in (*published_models(), *after_audit_models())}
    text = models["mart_partner_category_monthly"].columns["value_usd_ytd"]
    assert text.startswith("Sum of the dollar values from January on.") and "Unit: US dollars. Sums over" in text
    assert "Never: comparisons overlap." in models["audit_results"].columns["expected"]
