"""What is published cannot be misread: no table has all partners among partners, and views have names, words and one
scheme; they stay where nothing has changed, and are mended where something has.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration.releases.database import DATABASE
from orchestration.releases.published import published_models, write_views
from orchestration.releases.query import run_sql
from orchestration.warehouse.views import fixed_views, parts, scheme_views, views

#: What is known of partners that never traded, in one row for all of them.
UNTRADED = "mart_untraded_category_coverage"


@pytest.fixture
def opened(sample_release: Path, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the release's file, attached as what a release is written to."""
    copy = Path(shutil.copy(sample_release / DATABASE, tmp_path / DATABASE))
    copy.chmod(0o644)
    with duckdb.connect() as con:
        con.execute(f"attach '{copy}' as out")
        yield con


def held(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[object, ...]]:
    """By name, each view's number, text and comment."""
    sql = "select view_name, view_oid, sql, comment from duckdb_views() where database_name = 'out' and not internal"
    return {name: of for name, *of in con.execute(sql).fetchall()}  # type: ignore[misc]


def told(con: duckdb.DuckDBPyConnection, view: str) -> dict[str, str]:
    """The comments on a view's columns."""
    sql = "select column_name, comment from duckdb_columns() where database_name = 'out' and table_name = ?"
    return dict(con.execute(sql, [view]).fetchall())


def test_all_partners_never_stand_among_partners(sample_release: Path) -> None:
    """In no published series, whichever it is."""
    for model in published_models():
        if {"partner_code", "category_scheme", "month"} <= model.columns.keys():
            sql = f"select distinct partner_code in ('all', '*') from {model.name}"
            expected = [(not model.name.startswith("mart_partner_"),)]
            assert run_sql(sample_release, sql)[1] == expected, model.name


def test_parts_have_the_columns_of_their_model_and_none_of_its_rows_twice(sample_release: Path) -> None:
    """So both can be stacked by whoever wants to, and nothing is left out."""
    columns = {model.name: list(model.columns) for model in published_models()}
    assert {len(tables) for tables in parts().values()} == {2, 3}
    for model, tables in parts().items():
        fewest, most = (sorted((columns[table] for table in tables), key=len)[n] for n in (0, -1))
        assert fewest == [column for column in most if column in fewest], model
    stacked = " union all ".join(f"from {table}" for table in parts()["int_series_coverage"])
    whole = run_sql(sample_release, "from mart_coverage order by all")[1]
    assert len(whole) > 1_000 and run_sql(sample_release, f"({stacked}) order by all")[1] == whole


def test_a_line_is_named_once_in_its_own_year(sample_release: Path) -> None:
    """The rows and dollars of the fact; joined on the code alone, each would stand there once a year."""
    sums = "select count(*), sum(value_usd)::bigint from"
    ((rows, dollars),) = run_sql(sample_release, f"{sums} fct_trade_monthly")[1]
    assert run_sql(sample_release, f"{sums} v_trade_lines")[1] == [(rows, dollars)]
    naive = f"{sums} fct_trade_monthly join dim_commodity using (commodity_code)"
    assert run_sql(sample_release, naive)[1] == [(5 * rows, 5 * dollars)]
    unnamed = "select count(*) from v_trade_lines where commodity_name is null or partner_name is null or hs4 is null"
    assert run_sql(sample_release, unnamed)[1] == [(0,)]


def test_a_view_a_scheme_adds_up(sample_release: Path) -> None:
    """Over categories, to what was traded: no other scheme and no other grain is in it."""
    sql = "select sum(value_usd_bn), (select value_usd / 1e9 from v_ic where month = date '2024-10-01') from {} "
    sql += "where month = date '2024-10-01'"
    for view in ("v_ic_headline", "v_ic_headline_by_partner", "v_ic_type_headline", "v_ic_type_headline_by_partner"):
        ((found, expected),) = run_sql(sample_release, sql.format(view))[1]
        assert found == pytest.approx(expected, rel=1e-12) and found > 30, view


def test_views_stay_where_nothing_has_changed(opened: duckdb.DuckDBPyConnection) -> None:
    """Those of schemes, of which there are many, are not written again."""
    before = held(opened)
    write_views(opened, "out")
    after, again = held(opened), {view.name for view in fixed_views()}
    assert len(after) == 15 * len(scheme_views()) + len(again) and before.keys() == after.keys()
    assert {name for name in before if before[name] != after[name]} <= again
    assert {name: of[1:] for name, of in before.items()} == {name: of[1:] for name, of in after.items()}


def test_views_are_mended(opened: duckdb.DuckDBPyConnection) -> None:
    """One that is gone, one that says something else, one too many, those of a scheme that came or went."""
    before = {name: of[1:] for name, of in held(opened).items()}
    opened.execute("drop view out.v_ic_growth")
    opened.execute("create or replace view out.v_hs4 as select 1 as value_usd")
    opened.execute("create view out.v_more as select 1 as value_usd")
    opened.execute("update out.dim_category set category_scheme = 'panels' where category_scheme = 'solar'")
    write_views(opened, "out")
    after = {name: of[1:] for name, of in held(opened).items()}
    renamed = {name.replace("v_solar", "v_panels"): of for name, of in before.items()}
    assert after.keys() == renamed.keys()
    assert all(of == before[name] for name, of in after.items() if name in before)
    wanted = {view.name: view for view in views(["ic", "hs4", "panels"])}
    for name in ("v_ic_growth", "v_hs4", "v_panels_regime_by_partner", "v_trade_lines", "mart_coverage"):
        assert told(opened, name) == wanted[name].columns, name
