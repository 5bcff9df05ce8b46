"""`mart_correction`: the figures in which a candidate differs from the release that it is built upon, and why.

Belongs here: which figures differ, and the table in the candidate's file. Not here: why they do (`causes`), nor words
for people (`changed`). The table is no part of the content by which releases are compared (docs/decisions.md).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.base.duck import cursor, literal, scratch
from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.releases.content import CORRECTIONS, correction_content, is_as_published
from orchestration.releases.corrections.causes import judge, show_definitions
from orchestration.releases.corrections.differing import KEY, Side, months_to_compare, show_figures
from orchestration.releases.database import DATABASE, write_file
from orchestration.releases.manifest import Corrections, FlippedClaim, Manifest
from orchestration.releases.published import comment, correction_table, metadata
from orchestration.releases.query import DAMAGE
from orchestration.releases.store import Releases
from orchestration.warehouse.categories import categories_in

#: As what the database of the release before is attached.
BEFORE = "before"
#: The table itself, its new rows.
CORRECTION = f"""
select $release_id as release_id, $made_on::date as corrected_on, cause, cause_detail, {KEY}, partner_name,
  category_name, measure, old_value, new_value, new_value / nullif(old_value, 0)::double - 1 as change_share,
  $is_synthetic::boolean as is_synthetic
from correcting.judged"""
FLIPPED = """
select n.claim_id, n.text, n.publisher, n.published_on, t.verdict_now, n.verdict_now, coalesce(n.detail_now, '')
from {then}.main.mart_claim as t inner join {now}.main.mart_claim as n using (claim_id)
where t.verdict_now <> n.verdict_now order by n.claim_id"""


def write_corrections(home: Home, folder: Path, made: Manifest) -> Corrections:
    """Write the table into a candidate's file, and as Parquet beside it; what is said of it in the manifest.

    `made`: the candidate's manifest. Where there is nothing to compare with, or nothing that can be read, the table has
    no rows, and the reason is told: nothing of another history is carried on.
    """
    base, remark = comparable(Releases(home), made)
    rows, flips = no_corrections(), list[FlippedClaim]()
    with scratch(folder / DATABASE) as con:
        con.execute(f"attach {literal(folder / DATABASE)} as made")
        if base:
            try:
                with opened(con, home, base) as then:
                    rows, flips = corrected(con, then, Side("made", made, categories_in(folder))), _flips(con)
            except DAMAGE as error:
                # It was damaged under the same size and time; the candidate is to take its place.
                base, remark = None, f"no figure is compared: release {made.base} cannot be read ({error})"
        _write(con, folder, rows, made.is_synthetic)
        content = correction_content(con, "made")
    return Corrections(compared_with=base and base.release_id, remark=remark, content=content, flips=flips)


def comparable(releases: Releases, made: Manifest) -> tuple[Manifest | None, str]:
    """The release that a candidate or release was built upon, where its figures mean the same and are those that were
    published; else why there is none to compare with, if that must be told.
    """
    if made.base is None:
        others = [name for name in releases.ids() if name != made.release_id]
        return None, "no figure is compared: the release before cannot be read" if others else ""
    said = releases.known(made.base) if made.base in releases.ids() else None
    if said is None:
        return None, f"no figure is compared: release {made.base} is no longer kept"
    if said.contract_version != made.contract_version:
        return None, f"no figure is compared: release {made.base} is of version {said.contract_version} of the contract"
    if said.corrections.content is None:
        return None, f"no figure is compared: release {made.base} was made before releases kept corrections"
    if not is_as_published(releases.folder(said.release_id) / DATABASE, said.files[DATABASE]):
        return None, f"no figure is compared: {DATABASE} of release {made.base} is damaged"
    try:
        categories_in(releases.folder(said.release_id))
    except RefusalError as error:
        # They passed the rules of their day; no later edit of the home's file reaches them.
        return None, f"no figure is compared: today's rules refuse own categories of release {made.base}, {error.told}"
    return said, ""


def corrected(con: duckdb.DuckDBPyConnection, then: Side, now: Side) -> pa.Table:
    """The rows of the table: those that the release before has, and the new ones. Nothing is left in the connection."""
    sides = {"then": then, "now": now}
    con.execute("create schema correcting")
    try:
        con.register("declared", no_corrections())
        con.execute("create table correcting.correction as from declared")
        con.execute(f"insert into correcting.correction by name from {then.database}.main.{CORRECTIONS}")
        if months := months_to_compare(then.said, now.said):
            show_definitions(con, sides)
            show_figures(con, sides, months)
            judge(con, sides)
            con.execute(
                f"insert into correcting.correction by name {CORRECTION}",
                {
                    "release_id": now.said.release_id,
                    "made_on": now.said.made_at.astimezone(dt.UTC).date(),
                    "is_synthetic": now.said.is_synthetic,
                },
            )
        return con.execute("from correcting.correction").fetch_arrow_table()
    finally:
        con.execute("drop schema correcting cascade")


@contextmanager
def opened(con: duckdb.DuckDBPyConnection, home: Home, said: Manifest) -> Iterator[Side]:
    """A release as the side that was, its database attached."""
    folder = Releases(home).folder(said.release_id)
    held = con.execute(
        "select database_name from duckdb_databases() where path = ?", [str(folder / DATABASE)]
    ).fetchall()
    # DuckDB opens a file once; gates may have it open.
    name = held[0][0] if held else BEFORE
    if not held:
        con.execute(f"attach {literal(folder / DATABASE)} as {name} (read_only)")
    yield Side(name, said, categories_in(folder))
    if not held:
        con.execute(f"detach {name}")


def no_corrections() -> pa.Table:
    """No rows of the table, with its columns as they are declared."""
    columns = ", ".join(f"null::{kind} as {name}" for name, kind in correction_table().types.items())
    return cursor().execute(f"select {columns} where false").fetch_arrow_table()


def _flips(con: duckdb.DuckDBPyConnection) -> list[FlippedClaim]:
    rows = con.execute(FLIPPED.format(then=BEFORE, now="made")).fetchall()
    return [FlippedClaim(**dict(zip(FlippedClaim.model_fields, row, strict=True))) for row in rows]


def _write(con: duckdb.DuckDBPyConnection, folder: Path, rows: pa.Table, is_synthetic: bool) -> None:
    """The table in the attached file `made`, in order and described, and its Parquet file."""
    declared, table = correction_table(), f"made.main.{CORRECTIONS}"
    con.register("corrections", rows)
    con.execute(f"create or replace table {table} as from corrections order by {', '.join(declared.sort)}")
    comment(con, "made", declared)
    told = metadata(declared, is_synthetic)
    write_file(con, table, folder / "parquet" / f"{CORRECTIONS}.parquet", told)
