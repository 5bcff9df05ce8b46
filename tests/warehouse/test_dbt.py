"""The dbt project: formulas by its unit tests, words for every column, no warning, types that BI tools can read."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.settings import DBT_PROJECT, Home
from orchestration.gates.audit import COLUMNS
from orchestration.releases.database import DATABASE
from orchestration.releases.published import after_audit_models, published_models
from orchestration.releases.store import Releases
from orchestration.sources.catalogue import TRADE
from orchestration.warehouse.dbt import (
    TRADE_SOURCES,
    DbtOutcome,
    Window,
    added_nodes,
    manifest,
    parsed_project,
    run_dbt,
)
from tests.conftest import build_database

CONTRACT = {
    "dim_bloc_member", "dim_category", "dim_category_line", "dim_category_scheme", "dim_commodity", "dim_measure",
    "dim_month", "dim_partner", "dim_province", "dim_regime", "dim_release_calendar", "dim_source", "fct_control_total",
    "fct_exchange_rate_monthly", "fct_trade_monthly", "fct_trade_world_monthly", "mart_bloc_category_monthly",
    "mart_category_concentration_monthly", "mart_category_coverage", "mart_category_growth_monthly",
    "mart_category_headline_monthly", "mart_category_monthly", "mart_category_regime_monthly",
    "mart_category_restatement", "mart_claim", "mart_partner_category_concentration_monthly",
    "mart_partner_category_coverage", "mart_partner_category_growth_monthly",
    "mart_category_mover_monthly", "mart_category_period", "mart_partner_category_mover_monthly",
    "mart_partner_category_period",
    "mart_partner_category_headline_monthly", "mart_partner_category_monthly",
    "mart_partner_category_regime_monthly", "mart_partner_category_restatement", "mart_untraded_category_coverage",
    "quarantine",
}  # fmt: skip
MART = [
    "source",
    "reporter",
    "flow",
    "month",
    "partner_code",
    "partner_iso3",
    "partner_name",
    "category_scheme",
    "category_code",
    "category_name",
    "value_usd",
    "value_local",
    "local_currency",
    "quantity",
    "quantity_unit",
    "value_usd_mom",
    "value_usd_yoy",
    "value_usd_ytd",
    "value_usd_ytd_yoy",
    "value_local_mom",
    "value_local_yoy",
    "value_local_ytd",
    "value_local_ytd_yoy",
    "partner_share_usd",
    "partner_share_local",
    "is_low_base",
    "is_synthetic",
    "unit_value_usd",
    "unit_value_local",
    "value_usd_rolling_12",
    "value_local_rolling_12",
    "value_usd_mean_3",
    "value_local_mean_3",
    "n_lines",
]


@pytest.mark.own_run("dbt's own unit tests, in a process of their own")
def test_unit_tests_of_the_models(home: Home) -> None:
    """Each formula × its edges, beside the models; the run fails if one fails, and warns of nothing."""
    command = [str(Path(sys.executable).with_name("dbt")), "--warn-error", "test", "--select", "test_type:unit"]
    command += ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    command += ["--target-path", str(home.warehouse / "dbt"), "--log-path", str(home.warehouse / "dbt")]
    sources = {**os.environ, TRADE_SOURCES: ",".join(TRADE)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=sources)
    assert done.returncode == 0, done.stdout[-3_000:]
    passed = re.search(r"PASS=(\d+) WARN=0 ERROR=0 SKIP=0", done.stdout)
    assert passed and int(passed[1]) >= 26


def test_every_published_column_is_described() -> None:
    """In words that add something to its name."""
    models = {model.name: model for model in published_models()}
    assert set(models) == CONTRACT
    for name, model in models.items():
        assert len(model.description) > 20, name
        for column, text in model.columns.items():
            assert len(text.split()) >= 2 and text.strip(" .").lower() != column.replace("_", " "), (name, column)
    for node in manifest()["nodes"].values():
        if node["resource_type"] == "model":
            assert node["description"], node["name"]


def test_the_published_file_keeps_the_contract(sample_release: Path) -> None:
    """Columns in order, types for BI, comments in the file, also on views and their columns, views per scheme."""
    with duckdb.connect(str(sample_release / DATABASE), read_only=True) as con:
        columns = con.execute("select table_name, column_name, data_type, comment from duckdb_columns()").fetchall()
        tables = {t for (t,) in con.execute("select table_name from duckdb_tables()").fetchall()}
        views = {v for (v,) in con.execute("select view_name from duckdb_views() where not internal").fetchall()}
        info = con.execute("from release_info").fetchall()
    assert tables == CONTRACT | set(added_nodes())
    schemes = ("all", "hs2", "hs4", "ic", "ic_type", "ic_line", "electronics", "solar", "rare_earths",
               "gallium_germanium", "batteries", "electric_vehicles", "steel", "chip_equipment", "servers")  # fmt: skip
    what = ("", "_headline", "_growth", "_regime", "_quarter", "_half", "_year", "_concentration")
    of_schemes = {f"v_{s}{w}{whose}" for s in schemes for w in what for whose in ("", "_by_partner")}
    assert views == {*of_schemes, "v_trade_lines", "mart_coverage"}
    by_table: dict[str, list[str]] = {}
    for table, column, kind, comment in columns:
        assert table not in views or comment, (table, column)
        if table in tables:
            by_table.setdefault(table, []).append(column)
            assert "HUGEINT" not in kind and kind != "FLOAT"
            assert comment, (table, column)
            assert column != "month" or kind == "DATE"
    assert by_table["mart_partner_category_monthly"] == MART
    assert by_table["mart_category_monthly"] == [c for c in MART if not c.startswith("partner_share")]
    assert by_table["audit_results"] == [*COLUMNS, "is_synthetic"]
    assert len(info) == 1 and info[0][0] == sample_release.name and info[0][4] is True


def test_every_table_says_whether_its_figures_are_made_up(sample_release: Path, small_home: Home) -> None:
    """The sample's in each of its rows; a home of received files that none of them is."""
    for folder, is_synthetic in ((sample_release, True), (Releases(small_home).folder(), False)):
        with duckdb.connect(str(folder / DATABASE), read_only=True) as con:
            for table in CONTRACT | set(added_nodes()):
                rows = f"select count(*) from {table} where is_synthetic is distinct from {is_synthetic}"
                assert con.execute(rows).fetchall() == [(0,)], table


def test_parquet_files_say_what_they_hold(sample_release: Path) -> None:
    """Description, columns, and the mark of made-up figures, without the database and without its release."""
    for model in (*published_models(), *after_audit_models()):
        whole = sample_release / "parquet" / f"{model.name}.parquet"
        for path in [whole] if whole.exists() else sorted(whole.with_suffix("").rglob("*.parquet"))[::40]:
            said = {key.decode(): text.decode() for key, text in pq.read_metadata(path).metadata.items()}
            assert said["description"] == model.description and said["is_synthetic"] == "true"
            assert json.loads(said["columns"]) == model.columns
            assert list(model.columns) == pq.read_schema(path).names
            assert sample_release.name not in " ".join(said.values())


def test_commodities_without_any_list(small: Home) -> None:
    """What trade prints, line by year, and no word of what is listed."""
    with duckdb.connect(str(Releases(small).folder() / DATABASE), read_only=True) as con:
        unlike = con.execute(
            "select * from (select distinct commodity_code, year(month) as year from fct_trade_monthly) as f full join "
            "dim_commodity as c using (commodity_code, year) "
            "where f.commodity_code is null or c.first_month is null or c.section <> 'XVI' "
            "or c.list_year is not null or c.is_listed is not null or c.unit_1 is not null"
        ).fetchall()
        rows = con.execute("select count(*), count(distinct commodity_code) from dim_commodity").fetchone()
    assert not unlike and rows == (3, 3)


def test_commodities_of_the_samples_list(sample_release: Path) -> None:
    """Its list of 2020 applies to every year from then on, and has every line that is traded."""
    with duckdb.connect(str(sample_release / DATABASE), read_only=True) as con:
        found = con.execute(
            "select year, any_value(list_year), count(*), bool_and(is_listed and list_year = 2020), "
            "count(*) filter (where unit_1 = 'Kilogram' and unit_2 is null) from dim_commodity group by 1 order by 1"
        ).fetchall()
    assert found == [(year, 2020, 24, True, 4) for year in range(2020, 2025)]


def test_parquet_beside_the_database_is_the_same(sample_release: Path) -> None:
    """Row for row, in the same order within a month, and readable without the database."""
    folder, tables = sample_release / "parquet", CONTRACT | set(added_nodes())
    assert {path.stem for path in folder.iterdir()} == tables
    order = {model.name: ", ".join(model.sort) for model in published_models()}
    with duckdb.connect(str(sample_release / DATABASE), read_only=True) as con:
        for table in tables:
            by_month = (folder / table).is_dir()
            path = folder / table / "*" / "data.parquet" if by_month else folder / f"{table}.parquet"
            a = con.execute(f"from {table} {f'order by month, {order[table]}' if by_month else ''}").fetch_arrow_table()
            b = con.execute(f"from read_parquet('{path}', hive_partitioning = false)").fetch_arrow_table()
            assert a.equals(b), table
    months = {path.name for path in (folder / "mart_category_monthly").iterdir()}
    assert {"month=2020-01", "month=2024-10"} <= months and len(months) == 58


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("macros/winners.sql", "\n{# changed #}"),
        ("models/marts/mart_category_monthly.yml", "\n# changed"),
        ("models/core/new.sql", "select 1 as x"),
        ("models/core/dim_month.sql", None),
        ("dbt_project.yml", "\n# changed"),
    ],
)
def test_a_changed_project_is_refused_until_it_is_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str | None
) -> None:
    """A file that has changed, come or gone is named; rows of seeds are read anew in every build."""
    project = Path(shutil.copytree(DBT_PROJECT, tmp_path / "project"))
    monkeypatch.setattr("orchestration.warehouse.dbt.DBT_PROJECT", project)
    with (project / "seeds" / "units.csv").open("a", encoding="utf-8") as seed:
        seed.write("999,Something,another\n")
    assert parsed_project().nodes
    changed = project / name
    if text is None:
        changed.unlink()
    else:
        with changed.open("a", encoding="utf-8") as file:
            file.write(text)
    with pytest.raises(RefusalError, match=f"(?s){name}.*make install"):
        parsed_project()


@pytest.mark.own_run("models are made to fail in it")
def test_a_model_that_fails_leaves_what_was_there(small: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Table and view; and a table may become a view, and a view a table."""
    names = ("dim_province", "int_covered_from")

    def kinds() -> list[tuple[str, int]]:
        sql = "select (select table_type from information_schema.tables where table_name = '{0}'), count(*) from {0}"
        with build_database(small) as con:
            return [con.execute(sql.format(name)).fetchall()[0] for name in names]

    def built(wrapped: str = "from ({})", **kind: str) -> DbtOutcome:
        project = parsed_project()
        for node in project.nodes.values():
            if node.name in names:
                node.raw_code = wrapped.format(node.raw_code)
            if node.name in kind:
                node.config.materialized, node.config.contract.enforced = kind[node.name], False
        with monkeypatch.context() as patch:
            patch.setattr("orchestration.warehouse.dbt.parsed_project", lambda: project)
            return run_dbt(small, names, tests=False)

    before = kinds()
    assert [kind for kind, _ in before] == ["BASE TABLE", "VIEW"] and before[0][1] > 0
    assert len(built("select * from ({}), nowhere").failures) == 2 and kinds() == before
    assert len(built("select * from ({}) where error('no') is null").failures) == 1 and kinds()[0] == before[0]
    assert not built(dim_province="view", int_covered_from="table").failures
    assert [kind for kind, _ in kinds()] == ["VIEW", "BASE TABLE"]
    assert not built().failures and kinds() == before


@pytest.mark.own_run("dbt itself refuses")
def test_a_table_with_other_columns_than_its_model_is_not_added_to(small: Home) -> None:
    """Whether one was added or is of another type; it is left as it is."""
    marts = {"int_growth_monthly": "add column more integer", "int_series_coverage": "alter covered_usd type varchar"}
    with duckdb.connect(str(small.build_database)) as con:
        for mart, change in marts.items():
            con.execute(f"alter table {mart} {change}")
        before = {mart: con.execute(f"select count(*) from {mart}").fetchone() for mart in marts}
    for mart in marts:
        outcome = run_dbt(small, [mart], window=Window(), tests=False)
        assert f"{mart}: its columns are no longer those of its table" in "".join(outcome.failures)
    with duckdb.connect(str(small.build_database)) as con:
        assert {mart: con.execute(f"select count(*) from {mart}").fetchone() for mart in marts} == before
