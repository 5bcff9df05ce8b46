"""What a release holds: the dbt models of the group `published`, sorted and commented, views and macros on them.

Belongs here: how published tables are named, sorted and described. Not here: what is in them (`content`), nor how
they get into a file (`database`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from orchestration.base.duck import literal
from orchestration.base.settings import CONTRACT_VERSION
from orchestration.releases.content import CORRECTIONS
from orchestration.releases.sentence import sentence
from orchestration.warehouse.dbt import added_nodes, published_nodes
from orchestration.warehouse.runs import macros
from orchestration.warehouse.views import parts, views

#: Readable by BI tools with an older DuckDB.
STORAGE = "v1.0.0"
#: What each Parquet file says of itself: a text each, the columns' as JSON.
METADATA = ("description", "columns", "is_synthetic")


@dataclass(frozen=True)
class PublishedModel:
    """A table as the dbt project describes it: its name, row order, comments, and the types of its columns."""

    name: str
    sort: tuple[str, ...]
    description: str
    columns: dict[str, str]
    types: dict[str, str]


def published_models() -> list[PublishedModel]:
    """The models that a release holds."""
    return [_described(node) for node in published_nodes().values()]


def after_audit_models() -> list[PublishedModel]:
    """The tables that it gets with its verdict."""
    return [_described(node) for name, node in added_nodes().items() if name != CORRECTIONS]


def correction_table() -> PublishedModel:
    """`mart_correction`, which no model makes."""
    return _described(added_nodes()[CORRECTIONS])


def _described(node: Mapping[str, Any]) -> PublishedModel:
    columns = node["columns"].items()
    return PublishedModel(
        node["name"],
        tuple(node["config"]["meta"]["sort"]),
        node["description"].strip(),
        {column: said["description"].strip() for column, said in columns},
        {column: said["data_type"] for column, said in columns},
    )


def layout() -> str:
    """Hash of all that decides on a file's tables but their rows: where it differs, a file is written anew."""
    shown = [(view, view.columns) for view in views(["x"])]
    said = (STORAGE, CONTRACT_VERSION, published_models(), METADATA, shown, macros())
    return hashlib.blake2b(repr(said).encode(), digest_size=12).hexdigest()


def write_views(con: duckdb.DuckDBPyConnection, database: str) -> None:
    """The views and macros of the attached database and its schemes, in one transaction. Views that are there stay as
    they are, since the comments on their columns are thousands: of a file with the same layout their texts are, too.
    """
    # A view's text must not name the database by the alias that it has here.
    con.execute(f"use {database}")
    con.begin()
    held = {
        view: (sql, comment)
        for view, sql, comment in con.execute(
            f"select view_name, trim(sql), comment from duckdb_views() where database_name = {literal(database)} "
            "and not internal"
        ).fetchall()
    }
    schemes = con.execute("select distinct category_scheme from dim_category order by 1").fetchall()
    wanted = {view.name: view for view in views(scheme for (scheme,) in schemes)}
    for name in held.keys() - wanted.keys():
        con.execute(f"drop view {name}")
    for name, view in wanted.items():
        if held.get(name) != (f"CREATE VIEW {name} AS {view.select};", view.description):
            con.execute(f"create or replace view {name} as {view.select}")
            _comment_on(con, "view", name, view.description, view.columns)
    for macro in macros():
        con.execute(macro.create)
        con.execute(f"comment on macro table {macro.name} is {literal(macro.description)}")
    con.commit()
    con.execute("use memory")


def write_release_info(
    con: duckdb.DuckDBPyConnection, database: str, release_id: str, made_at: dt.datetime, is_synthetic: bool
) -> None:
    """Add the one row that says which release the attached database is, and its story; after the published tables."""
    con.execute(f"use {database}")
    story = sentence(con, is_synthetic)
    con.execute("use memory")
    covered = " union all ".join(f"from {database}.main.{table}" for table in parts()["int_series_coverage"])
    con.execute(
        f"create table {database}.main.release_info as select ? as release_id, ?::timestamp as made_at, "
        f"(select max(month) from ({covered}) as v where covered_usd or covered_local) as last_month, "
        "?::integer as contract_version, ?::boolean as is_synthetic, ?::varchar as headline",
        [release_id, made_at.astimezone(dt.UTC).replace(tzinfo=None), CONTRACT_VERSION, is_synthetic, story],
    )


def comment(con: duckdb.DuckDBPyConnection, database: str, model: PublishedModel) -> None:
    """Put the descriptions into the file, where BI tools show them; in one transaction, since each is a write."""
    table = f"{database}.main.{model.name}"
    con.begin()
    _comment_on(con, "table", table, model.description, model.columns)
    con.commit()


def _comment_on(
    con: duckdb.DuckDBPyConnection, kind: str, name: str, description: str, columns: dict[str, str]
) -> None:
    """In one string of statements, which costs half of what they cost one by one."""
    said = [f"comment on {kind} {name} is {literal(description.strip())}"]
    said += [f'comment on column {name}."{column}" is {literal(text.strip())}' for column, text in columns.items()]
    con.execute(";".join(said))


def metadata(model: PublishedModel, is_synthetic: bool) -> dict[str, str]:
    """What a Parquet file of a table says of itself: the same in each release that says the same, since files of
    months that have not changed are links.
    """
    said = (model.description, json.dumps(model.columns, ensure_ascii=False), json.dumps(is_synthetic))
    return dict(zip(METADATA, said, strict=True))
