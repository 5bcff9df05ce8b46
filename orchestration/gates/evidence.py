"""Evidence: what each gate compared with what, gathered read-only on a candidate or a release.

The table is the contract of every gate: NOT NULL where a gate must speak, tolerance ≥ 0, a primary key so that a
fan-out breaks, difference and excess computed once for all gates.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.base.duck import literal, scratch
from orchestration.base.months import parse_month
from orchestration.base.settings import CONTRACT_VERSION, Home, settings
from orchestration.gates.before import Before, show_before
from orchestration.gates.carried import Content, Earlier
from orchestration.gates.judge import GateBrokenError
from orchestration.gates.raw_papers import know_papers
from orchestration.gates.raw_rows import COUNTED, files_by_month, know_raw, show_files, show_marked
from orchestration.gates.reference import ALL_PARTNERS, EVERY_COVERAGE, FIRST_TRADED, promises, reference_tables
from orchestration.gates.reviewed import reviewed_tables
from orchestration.gates.suites import GateSpec
from orchestration.landing.datasets import load_datasets
from orchestration.landing.store import LandingState
from orchestration.warehouse.categories import OwnCategories
from orchestration.warehouse.dbt import added_nodes, published_nodes
from orchestration.warehouse.runs import macros
from orchestration.warehouse.snapshot import coverage_table, receipt_table, received_table
from orchestration.warehouse.views import fixed_views, parts, scheme_views

EVIDENCE = """
create table evidence (
  gate varchar not null, source varchar not null, reporter varchar not null, flow varchar not null,
  dataset varchar not null, month date not null check (day(month) = 1),
  table_name varchar, column_name varchar, scope varchar not null, measure varchar not null,
  expected decimal(24, 6), actual decimal(24, 6),
  tolerance decimal(24, 6) not null check (tolerance >= 0),
  n_compared bigint not null check (n_compared >= 0),
  severity varchar not null check (severity in ('block', 'warn', 'expect')),
  reason varchar check (n_compared > 0 or reason is not null),
  reference varchar,
  is_carried boolean not null default false,
  difference decimal(24, 6) generated always as (actual - expected) virtual,
  excess decimal(24, 6) generated always as (abs(actual - expected) - tolerance) virtual,
  primary key (gate, source, reporter, flow, dataset, month, scope, measure))"""
#: Added when the audit has passed, so no part of what is audited.
AFTER_AUDIT = ("audit_results", "release_info")
#: What a release adds to the tables of the build database.
ADDED = "mart_correction"
NO_INFO = (
    "select null::varchar as release_id, null::date as last_month, null::int as contract_version, "
    "null::boolean as is_synthetic, null::varchar as headline where false"
)
#: By figure of a release's page, of its pictures and of the files beside them what it says and what it must say.
#: `place`: in which file; `part`: a value, the words in which it is written, its place in a picture, or how many.
PAGE_FIGURE = """
create table page_figure (
  place varchar not null, part varchar not null, source varchar, reporter varchar, flow varchar, month varchar,
  table_name varchar not null, column_name varchar not null, row_key varchar not null, said varchar not null,
  wanted varchar not null)"""
#: Which months of a published table by months a gate sees: all, or those of the variable `shown`. Their ends say which
#: parts of a file need not be read.
IS_SHOWN = """ where getvariable('shown') is null or (
  month between list_min(getvariable('shown')) and list_max(getvariable('shown'))
  and list_contains(getvariable('shown'), month))"""
#: What a row of evidence says; the rest follows from it.
SAID = """source, reporter, flow, dataset, month, table_name, column_name, scope, measure, expected, actual, tolerance,
  n_compared, severity, reason, reference"""


@dataclass(frozen=True)
class Subject:
    """What is audited: a published database (candidate or release) and the landing records it was built from.

    `held_back`: by source the last record that its figures reflect, where that is not `sequence`; `parsers`: by which
    version of its parser they were read. `own`: the home's own categories, by which it was made;
    `is_release`: a file of its own, with nothing but what readers see; else the build database. `claims`:
    puts the claims to the test once more, by what gates see; `corrections`: what the release corrects of the one before
    it, found once more, None where nobody can tell any more; `page`: says what the release's page shows and what gates
    see in its stead.
    `before`: the release that it replaces, if there is one.
    `content`: of the database, if comparisons are to be known again by later audits; `earlier`: an audit of which those
    that stand on the same content are taken over.
    """

    home: Home
    database: Path
    sequence: int
    expectations: Path
    content: Content | None = None
    earlier: Earlier | None = None
    held_back: Mapping[str, int] = field(default_factory=dict)
    parsers: Mapping[str, str] = field(default_factory=dict)
    before: Before | None = None
    own: OwnCategories = field(default_factory=OwnCategories)
    is_release: bool = True
    claims: Callable[[duckdb.DuckDBPyConnection], pa.Table] | None = None
    corrections: Callable[[duckdb.DuckDBPyConnection], pa.Table | None] | None = None
    page: Callable[[duckdb.DuckDBPyConnection], pa.Table] | None = None


@contextmanager
def connect(subject: Subject, state: LandingState) -> Iterator[duckdb.DuckDBPyConnection]:
    """A scratch connection in which gates see the published tables, raw rows, landing and datasets."""
    with scratch(subject.database, settings().audit_memory) as con:
        con.execute(f"attach {literal(subject.database)} as published (read_only)")
        _show_published(con, subject)
        seen = {
            "receipt": receipt_table(state, subject.parsers),
            "scope_part": coverage_table(state),
            "received": received_table(state),
        }
        for name, rows in seen.items():
            con.register(f"{name}_arrow", rows)
            con.execute(f"create table {name} as select * from {name}_arrow")
        con.execute("create view coverage as select * from scope_part where feeds <> 'check'")
        con.execute(ALL_PARTNERS)
        con.execute(FIRST_TRADED)
        con.execute(EVERY_COVERAGE)
        know_raw(con, subject.home)
        know_papers(con, subject.home, state)
        show_before(con, subject.before, subject.content)
        active = {n: d for n, d in load_datasets(subject.expectations).items() if n in state.dataset_names}
        reviewed_tables(con, subject.home, state, subject.own)
        reference_tables(con, active)
        promises(con, state, active)
        con.execute(COUNTED)
        if subject.claims is not None:
            con.register("claim_again", subject.claims(con))
        again = subject.corrections(con) if subject.corrections else None
        con.execute("create table corrections_known as select ? as is_known", [again is not None])
        if again is not None:
            con.register("correction_again", again)
        else:
            con.execute(f"create view correction_again as from {ADDED} where false")
        con.execute(PAGE_FIGURE)
        if subject.page is not None:
            con.register("page_figure_arrow", subject.page(con))
            con.execute("insert into page_figure by name from page_figure_arrow")
        con.execute("create table held_back as select unnest(?::varchar[]) as source", [sorted(subject.held_back)])
        con.execute(EVIDENCE)
        yield con


def _show_published(con: duckdb.DuckDBPyConnection, subject: Subject) -> None:
    """A view for each published table. Tables `audited`, `published_column`, `declared_column`, `published_view`: what
    the file is and holds, and what the project declares; `release_info`, empty before a release has it.
    """
    con.execute(
        "create table audited as select ? as is_release, ? as contract_version", [subject.is_release, CONTRACT_VERSION]
    )
    added = added_nodes()[ADDED]
    columns = [
        {"table_name": node["name"], "column_name": name, "data_type": _type(of["data_type"]), "position": position}
        for node in [*published_nodes().values(), *([added] if subject.is_release else [])]
        for position, (name, of) in enumerate(node["columns"].items())
    ]
    nothing = ", ".join(f"null::{of['data_type']} as {name}" for name, of in added["columns"].items())
    con.execute(f"create view {ADDED} as select {nothing} where false")
    con.register("declared_arrow", pa.Table.from_pylist(columns))
    con.execute("create table declared_column as select * from declared_arrow")
    _show_columns(con, subject)
    con.execute("set variable shown = null::date[]")
    shown = {table for (table,) in con.execute("select distinct table_name from published_column").fetchall()}
    for table in shown:
        in_one_piece = "" in (subject.content or {}).get(table, {"": ""})
        where = "" if in_one_piece else IS_SHOWN
        con.execute(f'create or replace view "{table}" as select * from published.main."{table}"{where}')
    _show_together(con, shown)
    made = con.execute(
        "select count(*) from duckdb_tables() where database_name = 'published' and table_name = 'release_info'"
    ).fetchone()
    con.execute(
        f"create view release_info as {NO_INFO}"
        + (" union all by name select * exclude (made_at) from published.main.release_info" if made and made[0] else "")
    )


def _show_columns(con: duckdb.DuckDBPyConnection, subject: Subject) -> None:
    """Tables `published_column`, `published_view`, macros among the views: all of a release, of the build database what
    is declared.
    """
    tables = "semi join duckdb_tables()" if subject.is_release else "semi join declared_column"
    by = "database_name, table_name" if subject.is_release else "table_name"
    con.execute(
        "create table published_column as select table_name, column_name, lower(data_type) as data_type, "
        f"column_index as position from duckdb_columns() {tables} using ({by}) "
        f"where database_name = 'published' and table_name not in {AFTER_AUDIT}"
    )
    con.execute(
        "create table published_view as select view_name as table_name, sql from duckdb_views() "
        "where database_name = 'published' and not internal "
        "union all select function_name, macro_definition from duckdb_functions() where database_name = 'published'"
    )


def _show_together(con: duckdb.DuckDBPyConnection, shown: set[str]) -> None:
    """A view for each model of which published tables are parts: their rows, each with its `table_name`; and tables
    `scheme_view`, `declared_view`: what views a release has of each scheme, and beside these, macros among them.
    """
    for model, tables in parts().items():
        if shown >= {*tables}:
            rows = " union all by name ".join(f"select {literal(t)} as table_name, * from {t}" for t in tables)
            con.execute(f"create view {model} as {rows}")
    con.execute("create table scheme_view (ending varchar, table_name varchar, shown varchar)")
    con.executemany("insert into scheme_view values (?, ?, ?)", scheme_views())
    con.execute("create table declared_view (table_name varchar, sql varchar)")
    for view in fixed_views():
        if shown >= {*view.tables}:
            con.execute(f"create view {view.name} as {view.select}")
        con.execute(
            "insert into declared_view select $name, (select sql from duckdb_views() "
            "where database_name = current_database() and view_name = $name)",
            {"name": view.name},
        )
    for macro in macros():
        con.execute(macro.create)
    con.execute(
        "insert into declared_view select function_name, macro_definition from duckdb_functions() "
        "where database_name = current_database() and list_contains(?, function_name)",
        [[macro.name for macro in macros()]],
    )


def _type(declared: str) -> str:
    """A type as DuckDB writes it."""
    return declared.lower().replace(", ", ",")


def show(con: duckdb.DuckDBPyConnection, months: Collection[str] | None) -> None:
    """Let gates see some months alone of published tables that have months; None = all.

    Raw rows are shown by `show_raw`; landing is small and stays whole.
    """
    dates = ", ".join(f"date '{month}-01'" for month in sorted(months or ()))
    con.execute("set variable shown = " + (f"[{dates}]::date[]" if months is not None else "null::date[]"))


def published_months(con: duckdb.DuckDBPyConnection) -> set[str]:
    """Months of the rows of published tables, as YYYY-MM; none if they cannot be read, or if a row is of no month: it
    would be shown with none.
    """
    tables = con.execute("select table_name from published_column where column_name = 'month'").fetchall()
    months = " union ".join(f"select distinct month from published.main.{table}" for (table,) in tables)
    try:
        found = con.execute(f"select strftime(month, '%Y-%m') from ({months})").fetchall() if tables else []
    except duckdb.Error:
        return set()
    return set() if (None,) in found else {month for (month,) in found}


def carry(con: duckdb.DuckDBPyConnection, earlier: Earlier, kept: Mapping[str, Collection[str]]) -> None:
    """Put comparisons into the evidence table as the audit before has gathered them: by gate, those of some months."""
    months = [{"gate": gate, "month": parse_month(month)} for gate, of in kept.items() for month in of]
    con.register("kept_arrow", pa.Table.from_pylist(months))
    con.execute(
        f"insert into evidence by name select gate, {SAID}, true as is_carried from read_parquet("
        f"{literal(earlier.results)}) semi join kept_arrow using (gate, month) where dataset <> '-'"
    )


def gather(con: duckdb.DuckDBPyConnection, spec: GateSpec, sql: str, asked: str = "true") -> None:
    """Put a gate's comparisons into the evidence table; whatever is wrong with them breaks the gate.

    `asked`: of which months, as a condition on `month`.
    """
    # A gate may leave out what nobody asks, where that is dear; whatever it says of other months is dropped.
    if "is_asked" in sql:
        con.execute(f"create or replace macro is_asked(month) as ({asked})")
    insert = f"insert into evidence by name select {literal(spec.gate)} as gate, e.* from ({sql}\n) e where {asked}"
    try:
        if not spec.by_month:
            con.execute(insert)
            return
        for files in files_by_month(con):
            show_files(con, files)
            con.execute(insert)
    except duckdb.Error as error:
        raise GateBrokenError(str(error).splitlines()[0]) from None
    finally:
        if spec.by_month:
            show_marked(con)
