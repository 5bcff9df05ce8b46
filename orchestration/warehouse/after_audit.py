"""The tables that a release gets with the verdict of its audit, described in the form in which dbt describes models.

Belongs here: reading `dbt_project/after_audit.yml`. Not here: the rows of these tables (`releases.publish`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict

from orchestration.base.settings import DBT_PROJECT
from orchestration.base.strict_yaml import load
from orchestration.warehouse.measures import with_use

FILE = DBT_PROJECT / "after_audit.yml"


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Column(_Said):
    data_type: str
    description: str = ""


class _Table(_Said):
    description: str
    sort: tuple[str, ...]
    columns: dict[str, _Column]


class _File(_Said):
    tables: dict[str, _Table]


@cache
def after_audit_nodes() -> dict[str, Mapping[str, Any]]:
    """The tables by name, each as a node of dbt's manifest would have it."""
    return {name: _node(name, table) for name, table in load(FILE, _File).tables.items()}


def _node(name: str, table: _Table) -> Mapping[str, Any]:
    columns = {column: {"name": column, **of.model_dump()} for column, of in table.columns.items()}
    return {
        "name": name,
        "description": table.description,
        "config": {"meta": {"sort": list(table.sort)}},
        "columns": with_use(columns),
    }
