"""The dictionary of measures: what each numeric column of the published tables means, its unit, how it adds up.

Belongs here: reading `dbt_project/measures.yml`, and what is written from it: the texts that the models' YAML shows,
and the reviewed table of `dim_measure`. Not here: figures, nor their words in a sentence (`base.words`).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict

from orchestration.base.settings import DBT_PROJECT
from orchestration.base.strict_yaml import load

DICTIONARY = DBT_PROJECT / "measures.yml"
#: Written from it: the texts that the YAML of models shows as `doc("<name>")`, and the rows of `dim_measure`.
TEXTS, ROWS = DBT_PROJECT / "models" / "_measures.md", DBT_PROJECT / "seeds" / "measures.csv"
NOTE = "Texts of the dictionary of measures. Written from measures.yml: python -m orchestration.warehouse.measures"
#: How an aggregation begins, which says whether there is any.
ADDS, NEVER = "sums ", "never: "


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("it says nothing")
    return " ".join(text.split())


def _adds_up(text: str) -> str:
    if not text.startswith((ADDS, NEVER)):
        raise ValueError(f"it begins with {ADDS.strip()!r} (over what) or {NEVER.strip()!r} (what to do instead)")
    return _said(text)


Said = Annotated[str, AfterValidator(_said)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    label: Said
    meaning: Said
    unit: Said
    aggregation: Annotated[str, AfterValidator(_adds_up)]


class _Dictionary(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    measures: dict[str, _Entry]


class Measure(_Entry):
    """A numeric column. `label`: for axes and headings; `aggregation`: over what its rows may be added up (`sums …`),
    or what to do instead (`never: …`).
    """

    name: str

    @property
    def adds_up(self) -> bool:
        """Whether there is anything over which its rows may be added up."""
        return self.aggregation.startswith(ADDS)

    @property
    def use(self) -> str:
        """Unit and sums, in two sentences that follow the meaning."""
        return f"Unit: {self.unit}. {self.aggregation[0].upper()}{self.aggregation[1:]}."


@cache
def measures() -> dict[str, Measure]:
    """All measures by name, in the order of the file; `RefusalError` naming file and line where it is wrong."""
    return read(DICTIONARY)


def read(path: Path) -> dict[str, Measure]:
    """The measures of such a file."""
    return {name: Measure(name=name, **of.model_dump()) for name, of in load(path, _Dictionary).measures.items()}


def with_use(columns: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Columns of a model as dbt knows them; of a measure what is said there, else its meaning, then unit and sums."""
    known = measures()
    return {name: {**of, "description": _whole(of["description"], known.get(name))} for name, of in columns.items()}


def _whole(said: str, measure: Measure | None) -> str:
    return f"{said.strip() or measure.meaning} {measure.use}" if measure else said


def texts(known: Mapping[str, Measure]) -> str:
    """The file of texts for the models' YAML."""
    blocks = [f"{{% docs {name} %}}\n{of.meaning}\n{{% enddocs %}}\n" for name, of in known.items()]
    return "\n".join([f"{NOTE}\n", *blocks])


def rows(known: Mapping[str, Measure]) -> str:
    """The reviewed table as CSV."""
    out = StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(("measure", "label", "meaning", "unit", "aggregation"))
    table.writerows((of.name, of.label, of.meaning, of.unit, of.aggregation) for of in known.values())
    return out.getvalue()


def main() -> None:
    """Write both files anew."""
    TEXTS.write_text(texts(measures()), encoding="utf-8")
    ROWS.write_text(rows(measures()), encoding="utf-8")


if __name__ == "__main__":
    main()
