"""Evidence: what each gate compared with what, gathered read-only on a candidate or a release.

The table is the contract of every gate: NOT NULL where a gate must speak, tolerance ≥ 0, a primary key so that a
fan-out breaks, difference and excess computed once for all gates.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from orchestration.base.duck import literal, scratch
from orchestration.base.settings import DBT_PROJECT, Home, settings
from orchestration.gates.judge import GateBrokenError
from orchestration.gates.suites import GateSpec
from orchestration.landing.datasets import Dataset, load_datasets
from orchestration.landing.due import held_months
from orchestration.landing.scope import partner_keys
from orchestration.landing.store import Landing, LandingState
from orchestration.sources.gacc import CHAPTER_99_SINCE, CHAPTERS, REPORTER
from orchestration.sources.gacc.calendar import beijing_today, detail_release_date
from orchestration.warehouse.snapshot import coverage_table, receipt_table, received_table

EVIDENCE = """
create table evidence (
  gate varchar not null, dataset varchar not null, month date not null check (day(month) = 1),
  scope varchar not null, measure varchar not null,
  expected decimal(24, 6), actual decimal(24, 6),
  tolerance decimal(24, 6) not null check (tolerance >= 0),
  n_compared bigint not null check (n_compared >= 0),
  severity varchar not null check (severity in ('block', 'warn')),
  reason varchar check (n_compared > 0 or reason is not null),
  reference varchar,
  difference decimal(24, 6) generated always as (actual - expected) virtual,
  excess decimal(24, 6) generated always as (abs(actual - expected) - tolerance) virtual,
  primary key (gate, dataset, month, scope, measure))"""
#: All partners together, a row a line and currency: the partners' rows where every partner is covered, else the world
#: file's (docs/rules.md, rule 4). Written here in another way than in the models, on purpose.
ALL_PARTNERS = """
create table all_partners as
with line as (
  select false as is_world, source, reporter, flow, month, hs8, sum(value_usd) as usd, sum(value_cny) as cny
  from fct_trade_monthly group by all
  union all
  select true, source, reporter, flow, month, hs8, value_usd, value_cny from fct_trade_world_monthly
),
by_currency as (
  select * exclude (usd, cny), unnest(['USD', 'CNY']) as currency, unnest([usd, cny])::bigint as value from line
)
select l.* exclude (is_world) from by_currency as l
where value is not null and is_world = not exists (
  select 1 from coverage as v
  where v.partner_code = '*' and v.source = l.source and v.reporter = l.reporter and v.flow = l.flow
    and v.month = l.month and v.currency = l.currency and starts_with(l.hs8, v.hs_prefix))"""
#: The scopes of printed figures as prefixes: '' for all codes; a range of prefixes of one length as each of them. A
#: scope of which a part cannot be understood has none.
SCOPE_PREFIX = """
create table scope_prefix as
with part as (
  select hs, trim(unnest(string_split(hs, ','))) as part
  from (select distinct hs from fct_control_total where hs is not null)
  where regexp_full_match(hs, 'all|[0-9]{2,8}(-[0-9]{2,8})?(,[0-9]{2,8}(-[0-9]{2,8})?)*')
)
select hs, '' as hs_prefix from part where part = 'all'
union
select hs, part from part where regexp_full_match(part, '[0-9]{2,8}')
union
select hs, lpad(unnest(generate_series(split_part(part, '-', 1)::int, split_part(part, '-', 2)::int))::varchar,
  length(split_part(part, '-', 1))::int, '0')
from part where regexp_full_match(part, '[0-9]{2,8}-[0-9]{2,8}')"""
#: Raw rows of the receipts that count, from the files in the variable `raw_files`: all, or those of some months.
RAW_ROW = """
create view raw_row as
select r.*, receipt.feeds, receipt.code_length, receipt.dimensions, receipt.precedence
from read_parquet(getvariable('raw_files'), hive_partitioning = false) as r
join receipt using (receipt_id, parser_version)"""
#: Raw rows that a gate of `by_month` sees at once: their keys fit into little memory, and small homes need one pass.
ROWS_AT_ONCE = 300_000


@dataclass(frozen=True)
class Subject:
    """What is audited: a published database (candidate or release) and the landing records it was built from."""

    home: Home
    database: Path
    sequence: int
    expectations: Path


@contextmanager
def connect(subject: Subject) -> Iterator[duckdb.DuckDBPyConnection]:
    """A scratch connection in which gates see the published tables, raw rows, landing and datasets."""
    state = Landing(subject.home).state(subject.sequence)
    with scratch(settings().audit_memory) as con:
        con.execute(f"attach {literal(subject.database)} as published (read_only)")
        tables = con.execute(
            "select table_name from duckdb_tables() where database_name = 'published' "
            "and table_name not in ('audit_results', 'release_info')"
        ).fetchall()
        for (table,) in tables:
            con.execute(f'create view "{table}" as select * from published.main."{table}"')
        _as_today(con, {table for (table,) in tables})
        seen = {"receipt": receipt_table(state), "scope_part": coverage_table(state), "received": received_table(state)}
        for name, rows in seen.items():
            con.register(f"{name}_arrow", rows)
            con.execute(f"create table {name} as select * from {name}_arrow")
        con.execute("create view coverage as select * from scope_part where feeds <> 'check'")
        con.execute(ALL_PARTNERS)
        raw = literal(subject.home.raw / "*" / "month=*" / "*.parquet")
        con.execute(
            "create table raw_file as "
            f"select file, regexp_extract(file, 'month=([^/]*)/[^/]*$', 1) as month from glob({raw})"
        )
        con.execute("set variable raw_files = (select list(file) from raw_file)")
        con.execute(RAW_ROW)
        active = {n: d for n, d in load_datasets(subject.expectations).items() if n in state.dataset_names}
        _reference_tables(con, active)
        _promises(con, state, active)
        con.execute(EVIDENCE)
        yield con


def _as_today(con: duckdb.DuckDBPyConnection, tables: set[str]) -> None:
    """Releases of earlier versions are audited like those that hold nothing of what came later."""
    if "fct_trade_world_monthly" not in tables:
        nothing = "select * exclude (partner_code) from fct_trade_monthly where false"
        con.execute(f"create view fct_trade_world_monthly as {nothing}")
    if "fct_exchange_rate_monthly" not in tables:
        con.execute("create table fct_exchange_rate_monthly (month date, cny_per_usd decimal(12, 6))")
    if "dim_category_line" not in tables:
        con.execute(
            "create table dim_category_line (category_scheme varchar, category_code varchar, hs8 varchar, "
            "first_year integer, last_year integer, broken_by varchar, broken_in varchar)"
        )
    if "mart_headline_monthly" not in tables:
        nothing = "select * from mart_category_monthly where false"
        con.execute(f"create view mart_headline_monthly as select *, value_usd / 1e9 as value_usd_bn from ({nothing})")
        con.execute(f"create view mart_growth_monthly as {nothing}")
    columns = {row[0] for row in con.execute("describe fct_control_total").fetchall()}
    if "scope_code" not in columns:
        con.execute(
            "create or replace view fct_control_total as select t.*, t.category_code as scope_code, "
            "if(c.hs_prefixes = '', 'all', c.hs_prefixes) as hs, null::varchar as unit, null::varchar as remark, "
            "null::varchar as regime_group "
            "from published.main.fct_control_total t left join dim_category c using (category_scheme, category_code)"
        )


def _reference_tables(con: duckdb.DuckDBPyConnection, datasets: dict[str, Dataset]) -> None:
    """Tables `dataset`, `dataset_scope`, `dataset_never_zero`, `category_prefix`, `requirement`, `unit`."""
    rows: dict[str, list[dict[str, Any]]] = {"dataset": [], "dataset_scope": [], "dataset_never_zero": []}
    for name, d in datasets.items():
        rows["dataset"].append(
            {
                "dataset": name,
                "source": d.source,
                "reporter": REPORTER,
                "flow": d.flow,
                "currency": d.currency,
                "first_month": d.first,
            }
        )
        partners = partner_keys(d.partners)
        prefixes = ("",) if d.hs == "all" else d.hs
        rows["dataset_scope"] += [
            {"dataset": name, "partner_code": p, "hs_prefix": h} for p in partners for h in prefixes
        ]
        rows["dataset_never_zero"] += [
            {"dataset": name, "partner_code": z.partner, "hs_prefix": z.hs} for z in d.never_zero
        ]
    text = pa.string()
    schemas = {
        "dataset": {
            "dataset": text,
            "source": text,
            "reporter": text,
            "flow": text,
            "currency": text,
            "first_month": pa.date32(),
        },
        "dataset_scope": {"dataset": text, "partner_code": text, "hs_prefix": text},
        "dataset_never_zero": {"dataset": text, "partner_code": text, "hs_prefix": text},
    }
    for table, schema in schemas.items():
        con.register(f"{table}_arrow", pa.Table.from_pylist(rows[table], schema=pa.schema(schema)))
        con.execute(f"create table {table} as select * from {table}_arrow")
    con.execute(
        "create table category_prefix as select category_scheme, category_code, "
        "unnest(string_split(hs_prefixes, ',')) as hs_prefix from dim_category"
    )
    con.execute(SCOPE_PREFIX)
    # What must be covered for a prefix to be whole: itself, or all chapters (docs/rules.md, rule 2).
    chapters = ", ".join(f"('{c}', date '1900-01-01')" for c in CHAPTERS)
    chapters += f", ('99', date '{CHAPTER_99_SINCE}-01-01')"
    con.execute(
        "create table requirement as select distinct hs_prefix as scope_prefix, hs_prefix, date '1900-01-01' as "
        "required_from from (select hs_prefix from category_prefix union select hs_prefix from dataset_scope "
        "union select hs_prefix from scope_prefix) "
        f"where hs_prefix <> '' union all select '', c.* from (values {chapters}) c"
    )
    units = literal(DBT_PROJECT / "seeds" / "units.csv")
    con.execute(f"create table unit as select * from read_csv({units}, header = true, all_varchar = true)")


def _promises(con: duckdb.DuckDBPyConnection, state: LandingState, active: dict[str, Dataset]) -> None:
    """Table `promise`: each month that an active dataset promises and that is out today, and whether it is held."""
    today = beijing_today()
    con.execute("create table promise (dataset varchar, month date, due_on date, is_held boolean)")
    for name, dataset in active.items():
        held = set(held_months(state, dataset, today))
        rows = [(name, month, detail_release_date(month), month in held) for month in dataset.promised(today)]
        if rows:
            con.executemany("insert into promise values (?, ?, ?, ?)", rows)


def gather(con: duckdb.DuckDBPyConnection, spec: GateSpec, sql: str) -> None:
    """Put a gate's comparisons into the evidence table; whatever is wrong with them breaks the gate."""
    insert = f"insert into evidence by name select {literal(spec.gate)} as gate, e.* from ({sql}) e"
    try:
        if not spec.by_month:
            con.execute(insert)
            return
        for files in _files_by_month(con):
            con.execute("set variable raw_files = ?", [files])
            con.execute(insert)
    except duckdb.Error as error:
        raise GateBrokenError(str(error).splitlines()[0]) from None
    finally:
        con.execute("set variable raw_files = (select list(file) from raw_file)")


def _files_by_month(con: duckdb.DuckDBPyConnection) -> Iterator[list[str]]:
    """The raw files of a few months at a time, as many months as make `ROWS_AT_ONCE` rows."""
    months = con.execute(
        "select list(file), any_value(rows) from raw_file left join ("
        "select strftime(month, '%Y-%m') as month, sum(rows)::bigint as rows from received group by 1) using (month) "
        "group by month order by month"
    ).fetchall()
    batch: list[str] = []
    size = 0
    for files, rows in months:
        batch += files
        size += rows or 0
        if size >= ROWS_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
