"""No model and no gate joins by trying every pair of rows: a second on a sample would be hours on a history."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import duckdb

from orchestration.base.duck import reading
from orchestration.base.settings import Home, settings
from orchestration.gates.evidence import connect
from orchestration.gates.suites import declared_gates
from orchestration.landing.store import Landing
from orchestration.releases.publish import subject_of
from orchestration.releases.store import Releases
from orchestration.warehouse.nodes import built_nodes

#: How DuckDB joins on anything but equality where no row may get lost: by trying each pair.
BY_PAIRS = "BLOCKWISE_NL_JOIN"
#: Gates and models that do so on tables that are short, however long the history: rules, codes, sources, one page.
GATES_OF_FEW, MODELS_OF_FEW = {"dimensions", "movers", "page"}, {"int_category_prefix"}


def by_pairs(con: duckdb.DuckDBPyConnection, sql: str) -> list[str]:
    """The conditions of a query that are tried on each pair of rows."""
    ((_, plan),) = con.execute(f"explain (format json) {sql}").fetchall()
    return [json.dumps(step["extra_info"]) for step in steps(json.loads(plan)) if step["name"] == BY_PAIRS]


def steps(plan: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """All steps of a plan."""
    for step in plan:
        yield step
        yield from steps(step.get("children", []))


def test_an_outer_join_on_more_than_equality_is_seen() -> None:
    """The shape that looks harmless: a condition on one side alone."""
    con = duckdb.connect()
    con.execute("create table a (i int, kind varchar); create table b (i int)")
    con.execute("insert into a from (select range, 'all' from range(100)); insert into b from range(100)")
    assert by_pairs(con, "select * from a left join b on a.i = b.i and a.kind <> 'all'")
    assert not by_pairs(con, "select * from a left join b on a.i = b.i where a.kind <> 'all'")


def test_no_model_does(small_home: Home) -> None:
    """As dbt has compiled them."""
    compiled = {path.stem: path for path in (small_home.warehouse / "dbt" / "compiled").rglob("*.sql")}
    models = {name: compiled[name] for name in built_nodes() if name in compiled}
    assert len(models) > 50
    with reading(small_home.build_database) as con:
        con.execute(f"set home_directory = '{small_home.root}'")
        found = {name: by_pairs(con, path.read_text(encoding="utf-8")) for name, path in models.items()}
    assert {name for name, of in found.items() if of} == MODELS_OF_FEW


def test_no_gate_does(small_home: Home) -> None:
    """Each as an audit asks it."""
    releases, declared = Releases(small_home), settings().expectations
    subject = subject_of(small_home, releases.folder())
    found: dict[str, list[str]] = {}
    with connect(subject, Landing(small_home).state()) as con:
        con.execute("create macro is_asked(month) as true")
        for gate in declared_gates(declared):
            sql = (declared / f"{gate}.sql").read_text(encoding="utf-8").rstrip().rstrip(";")
            found[gate] = by_pairs(con, sql)
    assert {gate for gate, of in found.items() if of} == GATES_OF_FEW
