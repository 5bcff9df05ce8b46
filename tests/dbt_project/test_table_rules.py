"""The macros behind the dbt data tests, on literals."""

import duckdb
import jinja2
import pytest

from orchestration.base.settings import DBT_PROJECT


def offenders(macro: str, rows: str, *args: list[str], columns: str = "a, b") -> list[tuple[object, ...]]:
    """Rows that the macro reports for a table t of the given values."""
    text = (DBT_PROJECT / "macros" / "table_rules.sql").read_text(encoding="utf-8")
    module = jinja2.Environment(autoescape=False).from_string(text).module
    query = getattr(module, macro)("t", *args)
    with duckdb.connect() as con:
        con.execute(f"create table t as select * from (values {rows}) as v ({columns})")
        return con.execute(query).fetchall()


@pytest.mark.parametrize(
    ("rows", "reported"),
    [
        ("(1, 'x'), (1, 'y'), (2, 'x')", []),
        ("(1, 'x'), (1, 'y'), (1, 'x')", [(1, "x", 2)]),
        ("(1, 'x'), (null, 'y')", [(None, "y", 1)]),
        ("(1, 'x'), (2, null)", [(2, None, 1)]),
        ("(null, null), (null, null)", [(None, None, 2)]),
    ],
    ids=["whole", "twice", "first part null", "second part null", "all null"],
)
def test_broken_keys(rows: str, reported: list[tuple[object, ...]]) -> None:
    assert offenders("broken_keys", rows, ["a", "b"]) == reported


@pytest.mark.parametrize(
    ("rows", "reported"),
    [
        ("('s', 'x', '8541,8542'), ('s', 'y', '8543'), ('s', 'z', '8471')", []),
        ("('s', 'x', '8541'), ('s', 'y', '8541')", [("s", "x", "8541", "y", "8541"), ("s", "y", "8541", "x", "8541")]),
        ("('s', 'x', '8542'), ('s', 'y', '8471,854231')", [("s", "x", "8542", "y", "854231")]),
        ("('s', 'x', '8542,85423')", [("s", "x", "8542", "x", "85423")]),
        ("('s', 'x', '8542'), ('t', 'x', '8542'), ('t', 'y', '8541')", []),
        ("('s', 'x', ''), ('s', 'y', '8541')", [("s", "x", "", "y", "8541")]),
        ("('s', 'x', ''), ('t', 'y', '8541')", []),
        ("('s', 'x', '8541'), ('s', 'y', null)", [("s", "y", None, None, None)]),
    ],
    ids=[
        "disjoint",
        "equal",
        "beginning",
        "within one category",
        "two schemes",
        "all codes",
        "all codes apart",
        "null",
    ],
)
def test_overlapping_prefixes(rows: str, reported: list[tuple[object, ...]]) -> None:
    found = offenders("overlapping_prefixes", rows, columns="category_scheme, category_code, hs_prefixes")
    assert sorted(found, key=str) == sorted(reported, key=str)
