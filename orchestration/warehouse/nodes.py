"""What each dbt node is made of: a fingerprint of its code and of all that it reads, which says whether it is stale.

Belongs here: seeds and models as such. Not here: months (`plan`), running dbt (`dbt`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from functools import cache
from graphlib import TopologicalSorter
from typing import Any, Literal

from orchestration.base.settings import PROJECT, settings
from orchestration.landing.store import LandingState
from orchestration.sources.catalogue import CODE_LISTS, DOCUMENTS, TRADE
from orchestration.warehouse.categories import OwnCategories
from orchestration.warehouse.dbt import manifest
from orchestration.warehouse.units import spans

#: The steps of a build, in order.
Step = Literal["dimensions", "facts", "marts"]
#: Which records of landing each source that models read is made of.
RECORDS = {
    "receipt": "trade", "coverage": "trade", "source": "sources", "chapter": "sources",
    **dict.fromkeys(TRADE, "trade"),
    "calendar": "sources",
    "span": "spans",
    "code_list": "lists", "gacc_nomenclature": "lists",
    "document": "documents", **dict.fromkeys(DOCUMENTS, "documents"),
    "own_scheme": "categories", "own_category": "categories", "own_prefix_years": "categories",
    "own_heading": "categories",
}  # fmt: skip
#: Incremental strategies of models that are told which of their months are stale (`macros/stale_months.sql`).
BY_STALE_MONTHS = (
    "from_first_stale", "from_first_stale_year", "replace_stale", "replace_categories", "replace_series", "replace_all",
)  # fmt: skip
#: A model in Python that reads a reviewed file beside the tables it refers to.
READS = {"int_claim_finding": "claims.yml"}
#: The model that says which categories each line belongs to.
CATEGORIES = "int_line_category"
#: Rooms whose code shapes what models read, or is a model.
SHAPING = ("base", "sources", "landing", "warehouse", "claims")


@cache
def built_nodes() -> Mapping[str, Mapping[str, Any]]:
    """Seeds and models that are built, by name, each after those that it reads; what is inlined into others is none."""
    nodes = {key: n for key, n in manifest()["nodes"].items() if n["resource_type"] in ("seed", "model")}
    order = TopologicalSorter({key: n["depends_on"].get("nodes", []) for key, n in nodes.items()}).static_order()
    found = [nodes[key] for key in order if key in nodes]
    return {n["name"]: n for n in found if n["config"]["materialized"] != "ephemeral"}


def step_of(node: Mapping[str, Any]) -> Step:
    """The step in which a node is built; sums over categories come with the marts, so that facts hang on no other."""
    if is_windowed(node):
        parents = {parent.rpartition(".")[2] for parent in node["depends_on"]["nodes"]}
        return "marts" if CATEGORIES in parents else "facts"
    return "marts" if node["fqn"][1] == "marts" and node["resource_type"] == "model" else "dimensions"


def is_windowed(node: Mapping[str, Any]) -> bool:
    """Whether a model replaces the months of the run's window, all its like together: facts, and their monthly sums."""
    return node["config"].get("incremental_strategy") == "replace_months"


def windowed(step: Step) -> list[str]:
    """Names of the windowed models of a step: of facts all, of marts the monthly sums, which come before the others."""
    return [name for name in names_of(step) if is_windowed(built_nodes()[name])]


def names_of(step: Step) -> list[str]:
    """Names of the nodes of a step."""
    return [name for name, node in built_nodes().items() if step_of(node) == step]


@cache
def monthly() -> frozenset[str]:
    """Names of the models that build stale months anew, and keep the others."""
    strategies = {name: node["config"].get("incremental_strategy") for name, node in built_nodes().items()}
    return frozenset(n for n, strategy in strategies.items() if strategy in ("replace_months", *BY_STALE_MONTHS))


@cache
def untested_views() -> frozenset[str]:
    """Names of the views that no test of dbt looks at: once made, nothing but another code makes them anew."""
    tested = {parent for n in manifest()["nodes"].values() if n["resource_type"] == "test"
              for parent in n["depends_on"]["nodes"]}  # fmt: skip
    views = {name: node for name, node in built_nodes().items() if node["config"]["materialized"] == "view"}
    return frozenset(name for name, node in views.items() if node["unique_id"] not in tested)


@cache
def by_category() -> frozenset[str]:
    """Names of those among them whose rows are of categories: what is new, gone or different there is built anew."""
    return monthly() & _reached(["dim_category"], "child_map")


@cache
def by_scheme() -> frozenset[str]:
    """Names of those whose rows have a place among all categories of their scheme: one of these moves the others."""
    return frozenset(n for n in by_category() if built_nodes()[n]["config"]["meta"].get("places_within_scheme"))


def fingerprints(state: LandingState, code: str, own: OwnCategories | None = None) -> dict[str, str]:
    """By name what every built node would be made of in this state of landing; equal ones need not be built again.

    `code`: of the dbt project; the Python that shapes what models read is added. `own`: the home's own categories.
    """
    records, code = _records(state) | {"categories": (own or OwnCategories()).digest}, _digest(code, shaping_code())
    inputs: dict[str, str] = {}

    def of(unique_id: str) -> str:
        if unique_id not in inputs:
            inputs[unique_id] = _digest(*_made_of(unique_id, records, of))
        return inputs[unique_id]

    return {name: _digest(code, of(node["unique_id"])) for name, node in built_nodes().items()}


@cache
def shaping_code() -> str:
    """Hash of the Python of `SHAPING`, as this process has begun with it."""
    files = [path for room in SHAPING for path in sorted((PROJECT / "orchestration" / room).rglob("*.py"))]
    return _digest(*(path.read_text(encoding="utf-8") for path in files))


def _made_of(unique_id: str, records: Mapping[str, str], of: Callable[[str], str]) -> list[str]:
    if unique_id.startswith("source."):
        return [records[RECORDS[unique_id.rpartition(".")[2]]]]
    node = manifest()["nodes"][unique_id]
    reads = settings().expectations / READS.get(node["name"], ".")
    own = [reads.read_text(encoding="utf-8")] if reads.is_file() else []
    return [unique_id, *own, *(of(parent) for parent in sorted(node["depends_on"].get("nodes", [])))]


def _records(state: LandingState) -> dict[str, str]:
    """The records that count, by what they are records of."""
    rank = state.precedence()
    trade = sorted(state.active, key=lambda receipt: rank[receipt.receipt_id])
    versions = [f"{source}:{reader.PARSER_VERSION}" for source, reader in sorted(DOCUMENTS.items())]
    return {
        "trade": _digest(*(f"{r.receipt_id}:{TRADE[r.scope.source].parser_version}" for r in trade)),
        "lists": _digest(CODE_LISTS.PARSER_VERSION, *(r.receipt_id for r in state.code_lists)),
        "documents": _digest(*versions, *(r.receipt_id for r in state.documents)),
        "sources": _digest(*sorted({r.scope.source for r in state.active})),
        "spans": _digest(repr(spans(state))),
    }


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def made_of_facts() -> set[str]:
    """Names of the facts, and of all that is made of them, or of the same printed rows by month."""
    return _reached([name for name, node in built_nodes().items() if is_windowed(node)], "child_map")


def made_into(names: Collection[str]) -> set[str]:
    """These names, and those of all that they are made of."""
    return _reached(names, "parent_map")


def _reached(names: Collection[str], way: str) -> set[str]:
    ways = manifest()[way]
    waiting = [built_nodes()[name]["unique_id"] for name in names]
    found = set(waiting)
    while waiting:
        new = set(ways.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return {name for name, node in built_nodes().items() if node["unique_id"] in found}
