"""The candidate: a new DuckDB file with the dbt models of the group `published`, sorted and commented.

Built beside the live release from the build database; nothing in it has been seen by a reader yet.
"""

from __future__ import annotations

import datetime as dt
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.base.duck import literal, scratch
from orchestration.base.settings import CONTRACT_VERSION, PROJECT, Home
from orchestration.landing.store import LandingState
from orchestration.releases.content import database_content
from orchestration.releases.store import (
    Manifest,
    ReleaseCodeList,
    ReleaseDocument,
    ReleaseReceipt,
    ReleaseWithdrawal,
    write_manifest,
)
from orchestration.warehouse.dbt import published_nodes

DATABASE = "trade.duckdb"
SERIES_MARTS = {"v_{}_by_partner": "mart_partner_category_monthly", "v_{}": "mart_category_monthly"}


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


def build(home: Home, state: LandingState, base: str | None) -> Path:
    """Build a candidate from the build database, which must reflect the given landing records.

    Returns its folder, `candidates/<id>`, which appears complete or not at all.
    """
    candidate_id = f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    folder, aside = home.candidates / candidate_id, home.candidates / f".{candidate_id}"
    (aside / "parquet").mkdir(parents=True)
    try:
        write_database(home, aside / DATABASE)
        _write_parquet(aside / DATABASE)
        write_manifest(
            Manifest(
                release_id=candidate_id,
                made_at=dt.datetime.now(dt.UTC),
                git_revision=git_revision(),
                contract_version=CONTRACT_VERSION,
                is_synthetic=any(r.scope.is_synthetic for r in state.receipts),
                receipt_sequence=state.sequence,
                base=base,
                receipts=[
                    ReleaseReceipt(
                        receipt_id=r.receipt_id, sha256=r.sha256, name=r.name, vintage=r.vintage, scope=r.scope
                    )
                    for r in state.active
                ],
                withdrawals=[ReleaseWithdrawal(receipt_id=w.receipt_id, reason=w.reason) for w in state.withdrawals],
                code_lists=[
                    ReleaseCodeList(**{key: getattr(r, key) for key in ReleaseCodeList.model_fields})
                    for r in state.code_lists
                ],
                documents=[
                    ReleaseDocument(**{key: getattr(r, key) for key in ReleaseDocument.model_fields})
                    for r in state.documents
                ],
                tables=database_content(aside / DATABASE),
            ),
            aside,
        )
        aside.replace(folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return folder


def write_database(home: Home, database: Path) -> None:
    """Write the published models of the build database, and the views on them, into a new file."""
    with scratch() as con:
        con.execute(f"attach {literal(database)} as out (storage_version 'v1.0.0')")
        con.execute(f"attach {literal(home.build_database)} as build (read_only)")
        for model in published_models():
            order = ", ".join(model.sort)
            con.execute(f"create table out.main.{model.name} as from build.main.{model.name} order by {order}")
            comment(con, f"out.main.{model.name}", model.description, model.columns)
        # The view's text must not name the database by the alias that it has here.
        con.execute("use out")
        for (scheme,) in con.execute("select distinct category_scheme from dim_category order by 1").fetchall():
            for pattern, mart in SERIES_MARTS.items():
                view = pattern.format(scheme)
                con.execute(f"create view {view} as select * from {mart} where category_scheme = {literal(scheme)}")
                con.execute(
                    f"comment on view {view} is "
                    + literal(f"{mart}, category scheme {scheme} only: its rows may be added up over categories.")
                )
        con.execute("use memory")
        con.execute("detach out")


def _write_parquet(database: Path) -> None:
    """The same tables as Parquet, beside the file."""
    with scratch() as con:
        con.execute(f"attach {literal(database)} as made (read_only)")
        for model in published_models():
            parquet = literal(database.parent / "parquet" / f"{model.name}.parquet")
            con.execute(f"copy made.main.{model.name} to {parquet} (format parquet, compression zstd)")


def write_release_info(
    con: duckdb.DuckDBPyConnection, database: str, release_id: str, made_at: dt.datetime, is_synthetic: bool
) -> None:
    """Add the one row that says which release the attached database is; after the published tables."""
    con.execute(
        f"create table {database}.main.release_info as select ? as release_id, ?::timestamp as made_at, "
        f"(select max(month) from {database}.main.mart_coverage where covered_usd or covered_cny) as last_month, "
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


def git_revision() -> str | None:
    """The commit that the code stands at, marked if there are changes on top; None outside a checkout."""
    command = ["git", "-C", str(PROJECT), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None if done.returncode == 0 else None
