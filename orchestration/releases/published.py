"""What a release holds: the dbt models of the group `published`, sorted and commented, and a view for each scheme.

Belongs here: how published tables are named, sorted and described. Not here: what is in them (`content`), nor how
they get into a file (`database`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

import duckdb

from orchestration.base.duck import literal
from orchestration.base.settings import CONTRACT_VERSION
from orchestration.warehouse.dbt import published_nodes

SERIES_MARTS = {"v_{}_by_partner": "mart_partner_category_monthly", "v_{}": "mart_category_monthly"}
#: Readable by BI tools with an older DuckDB.
STORAGE = "v1.0.0"


@dataclass(frozen=True)
class PublishedModel:
    """A dbt model of the group `published`: its name, row order and comments."""

    name: str
    sort: tuple[str, ...]
    description: str
    columns: dict[str, str]


def published_models() -> list[PublishedModel]:
    """The models that a release holds."""
    return [
        PublishedModel(
            name,
            tuple(node["config"]["meta"]["sort"]),
            node["description"],
            {column: said["description"] for column, said in node["columns"].items()},
        )
        for name, node in published_nodes().items()
    ]


def layout() -> str:
    """Hash of all that decides on a file's tables but their rows: where it differs, a file is written anew."""
    said = (STORAGE, CONTRACT_VERSION, published_models())
    return hashlib.blake2b(repr(said).encode(), digest_size=12).hexdigest()


def write_views(con: duckdb.DuckDBPyConnection, database: str) -> None:
    """A view for each category scheme of the attached database and each series mart; those there were go."""
    # A view's text must not name the database by the alias that it has here.
    con.execute(f"use {database}")
    held = con.execute(
        f"select view_name from duckdb_views() where database_name = {literal(database)} and not internal"
    ).fetchall()
    for (view,) in held:
        con.execute(f"drop view {view}")
    for (scheme,) in con.execute("select distinct category_scheme from dim_category order by 1").fetchall():
        for pattern, mart in SERIES_MARTS.items():
            view = pattern.format(scheme)
            con.execute(f"create view {view} as select * from {mart} where category_scheme = {literal(scheme)}")
            con.execute(
                f"comment on view {view} is "
                + literal(f"{mart}, category scheme {scheme} only: its rows may be added up over categories.")
            )
    con.execute("use memory")


def write_release_info(
    con: duckdb.DuckDBPyConnection, database: str, release_id: str, made_at: dt.datetime, is_synthetic: bool
) -> None:
    """Add the one row that says which release the attached database is; after the published tables."""
    con.execute(
        f"create table {database}.main.release_info as select ? as release_id, ?::timestamp as made_at, "
        f"(select max(month) from {database}.main.mart_coverage where covered_usd or covered_local) as last_month, "
        "?::integer as contract_version, ?::boolean as is_synthetic",
        [release_id, made_at.astimezone(dt.UTC).replace(tzinfo=None), CONTRACT_VERSION, is_synthetic],
    )


def comment(con: duckdb.DuckDBPyConnection, table: str, description: str, columns: dict[str, str]) -> None:
    """Put the descriptions into the file, where BI tools show them; in one transaction, since each is a write."""
    con.begin()
    con.execute(f"comment on table {table} is {literal(description.strip())}")
    for column, text in columns.items():
        con.execute(f'comment on column {table}."{column}" is {literal(text.strip())}')
    con.commit()
