"""docs/marts.md, the consumers' contract: a hand-written template in which each published table is filled in.

What a table and its columns mean stands in the YAML of the dbt project alone; `make docs` writes the
page. Order of the tables, rules and queries are the template's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from orchestration.base.errors import RefusalError
from orchestration.base.settings import PROJECT
from orchestration.warehouse.dbt import added_nodes, published_nodes

PAGE = PROJECT / "docs" / "marts.md"
TEMPLATE = PROJECT / "docs" / "marts.template.md"
#: A line of the template that stands for a table's description, key and columns.
PLACE = re.compile(r"^\{table (\w+)\}$", re.MULTILINE)
NOTE = "<!-- Written by make docs from marts.template.md and the YAML of the models. -->\n"


def page(template: str, tables: Mapping[str, Mapping[str, Any]]) -> str:
    """The page of a template: each `{table NAME}` on a line of its own is replaced by what the YAML says of it.

    `tables`: nodes of dbt's manifest by name. `RefusalError` if the template names a table that is none of them, or
    does not name each exactly once.
    """
    named = PLACE.findall(template)
    for name in sorted({*named, *tables}):
        if name not in tables or named.count(name) != 1:
            remedy = "remove it" if name not in tables else f"one line {{table {name}}}"
            what = (
                f"{name} is no published table" if name not in tables else f"{name} stands there {named.count(name)} ×"
            )
            raise RefusalError(what, file="docs/marts.template.md", remedy=remedy)
    return NOTE + PLACE.sub(lambda found: _section(tables[found[1]]), template)


def _section(node: Mapping[str, Any]) -> str:
    key = ", ".join(f"`{column}`" for column in node["config"]["meta"]["sort"])
    rows = [
        f"| `{column['name']}` | {column['data_type'].upper()} | {_cell(column['description'])} |"
        for column in node["columns"].values()
    ]
    head = [_cell(node["description"]), "", f"Key and order of the rows: {key}.", "", "| column | type | meaning |"]
    return "\n".join([*head, "| --- | --- | --- |", *rows])


def _cell(text: str) -> str:
    """A text on one line, safe in a table of Markdown."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def tables() -> dict[str, Mapping[str, Any]]:
    """All tables of a release: the published models, and what it adds to them."""
    return {**published_nodes(), **added_nodes()}


def main() -> None:
    PAGE.write_text(page(TEMPLATE.read_text(encoding="utf-8"), tables()), encoding="utf-8")


if __name__ == "__main__":
    main()
