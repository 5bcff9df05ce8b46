"""What every gate may look at beside the published tables: datasets, promises, prefixes, and all partners together.

Belongs here: tables and views that are made for gates. Not here: the evidence that gates give (`evidence`).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb
import pyarrow as pa

from orchestration.gates.compared import COMPARED
from orchestration.gates.reviewed import seed
from orchestration.landing.datasets import Dataset
from orchestration.landing.due import held_months
from orchestration.landing.scope import partner_keys
from orchestration.landing.store import LandingState
from orchestration.sources.catalogue import TRADE
from orchestration.warehouse.views import parts

#: All partners together, a row a line and currency: the partners' rows where every partner is covered, else the world
#: file's (docs/rules.md, rule 4). Written here in another way than in the models, on purpose.
ALL_PARTNERS = """
create view all_partners as
with line as (
  select false as is_world, source, reporter, flow, month, commodity_code, local_currency, sum(value_usd) as usd,
    sum(value_local) as local
  from fct_trade_monthly group by all
  union all
  select true, source, reporter, flow, month, commodity_code, local_currency, value_usd, value_local
  from fct_trade_world_monthly
),
by_currency as (
  select * exclude (usd, local, local_currency), unnest(['USD', local_currency]) as currency,
    unnest([usd, local])::bigint as value
  from line
)
select l.* exclude (is_world) from by_currency as l
where value is not null and is_world = not exists (
  select 1 from coverage as v
  where v.partner_code = '*' and v.source = l.source and v.reporter = l.reporter and v.flow = l.flow
    and v.month = l.month and v.currency = l.currency and starts_with(l.commodity_code, v.hs_prefix))"""
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
#: What must be covered for a category to be whole, from when to when its tariff has it (docs/rules.md, rules 2 and 11).
REQUIRED = """
create table required as
select c.source, c.category_scheme, c.category_code, r.hs_prefix, greatest(r.required_from, o.first_month,
  make_date(coalesce(y.first_year, 1), 1, 1)) as required_from,
  make_date(coalesce(y.last_year, 9999), 12, 1) as required_to
from category_prefix as c
join requirement as r on c.source = r.source and c.hs_prefix = r.scope_prefix
join dim_source as o on c.source = o.source
left join prefix_years as y
  on c.hs_prefix <> '' and c.category_scheme = y.category_scheme and c.category_code = y.category_code
  and c.hs_prefix = y.hs_prefix"""
#: Which categories receipts cover whole, in dollars and in local currency: for every partner ('*'), for all partners
#: together ('all'), and for each partner that a receipt names; from which vintage on; and what of each nobody received.
CATEGORY_COVER = """
create table category_cover as
with part as (
  select v.source, v.reporter, v.flow, v.month, v.partner_code, v.hs_prefix,
    min(r.vintage) filter (where v.currency = 'USD') as usd_from,
    min(r.vintage) filter (where v.currency <> 'USD') as local_from
  from coverage as v join receipt as r using (receipt_id) group by all
),
asked as (
  select source, reporter, flow, month, unnest(['*', 'all']) as partner_code
  from (select distinct source, reporter, flow, month from every_coverage) as spoken_month
  union
  select source, reporter, flow, month, partner_code from part where partner_code <> 'world'
),
spoken as (
  select distinct source, category_scheme, category_code from every_coverage
),
needed as (
  select * from required semi join spoken using (source, category_scheme, category_code)
),
prefix as (
  select distinct source, hs_prefix from needed
),
held as (
  select a.source, a.reporter, a.flow, a.month, a.partner_code, n.hs_prefix, min(p.usd_from) as usd_from,
    min(p.local_from) as local_from
  from part as p
  join prefix as n on p.source = n.source and starts_with(n.hs_prefix, p.hs_prefix)
  join asked as a on p.source = a.source and p.reporter = a.reporter and p.flow = a.flow and p.month = a.month
    and (p.partner_code in ('*', a.partner_code) or (p.partner_code = 'world' and a.partner_code = 'all'))
  group by all
)
select a.source, a.reporter, a.flow, a.month, a.partner_code, n.category_scheme, n.category_code,
  count(*) as n_required, count(*) = count(h.usd_from) as covered_usd, count(*) = count(h.local_from) as covered_local,
  if(covered_usd, max(h.usd_from), null) as usd_from, if(covered_local, max(h.local_from), null) as local_from,
  string_agg(n.hs_prefix, ', ' order by n.hs_prefix) filter (where h.hs_prefix is null) as missing
from asked as a
join needed as n on a.source = n.source and a.month between n.required_from and n.required_to
left join held as h on a.source = h.source and a.reporter = h.reporter and a.flow = h.flow and a.month = h.month
  and a.partner_code = h.partner_code and n.hs_prefix = h.hs_prefix
group by a.source, a.reporter, a.flow, a.month, a.partner_code, n.category_scheme, n.category_code"""
#: What is known of each series, by all months, whichever a gate is shown.
EVERY_COVERAGE = "create view every_coverage as " + " union all by name ".join(
    f"from published.main.{table}" for table in parts()["int_series_coverage"]
)
#: When each series of the series marts begins, by all months, whichever a gate is shown.
FIRST_TRADED = """
create table first_traded as
select source, reporter, flow, partner_code, category_scheme, category_code, min(month) as first_month
from (
  select source, reporter, flow, month, partner_code, category_scheme, category_code, value_usd, value_local
  from published.main.mart_partner_category_monthly
  union all
  select source, reporter, flow, month, partner_code, category_scheme, category_code, value_usd, value_local
  from published.main.mart_category_monthly
) as m
where value_usd > 0 or value_local > 0
group by all"""
#: Of which published tables these are made, where a text names them; `first_traded` is told apart.
READS = {
    "requirement": f"{SCOPE_PREFIX} dim_category dim_source",
    "category_prefix": "dim_category dim_source",
    "scope_prefix": SCOPE_PREFIX,
    "all_partners": ALL_PARTNERS,
    "counted_raw_row": "quarantine",
    "category_cover": "dim_category dim_source int_series_coverage",
    "every_coverage": "int_series_coverage",
    # Published tables that are parts of one model are shown together by its name.
    **{model: " ".join(tables) for model, tables in parts().items()},
}


def reference_tables(con: duckdb.DuckDBPyConnection, datasets: dict[str, Dataset]) -> None:
    """Tables `dataset`, `dataset_scope`, `dataset_never_zero`, `category_prefix`, `requirement`, `prefix_years`,
    `chosen_category`, `required`, `category_cover`; and macros, `COMPARED` and
    `value_of`: the column that holds money of a currency.
    """
    con.execute("create macro value_of(currency) as if(currency = 'USD', 'value_usd', 'value_local')")
    for macro in COMPARED:
        con.execute(macro)
    rows: dict[str, list[dict[str, Any]]] = {"dataset": [], "dataset_scope": [], "dataset_never_zero": []}
    for name, d in datasets.items():
        rows["dataset"].append(
            {
                "dataset": name,
                "source": d.source,
                "reporter": d.reported_by,
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
    # National lines belong to the sources that print them.
    con.execute(
        "create table category_prefix as select source, category_scheme, category_code, "
        "unnest(string_split(hs_prefixes, ',')) as hs_prefix from dim_category as c join dim_source as o "
        "on c.code_system is null or c.code_system = o.code_system"
    )
    con.execute(SCOPE_PREFIX)
    # What must be covered for a prefix to be whole: itself, or all chapters of the source (docs/rules.md, rule 2).
    chapters = [
        {"source": name, "chapter": chapter, "first_year": year}
        for name, source in TRADE.items()
        for chapter, year in source.chapters.items()
    ]
    con.register("chapter_arrow", pa.Table.from_pylist(chapters))
    con.execute(
        "create table requirement as select distinct c.source, p.hs_prefix as scope_prefix, p.hs_prefix, "
        "date '1900-01-01' as required_from from (select hs_prefix from category_prefix union select hs_prefix from "
        "dataset_scope union select hs_prefix from scope_prefix) p cross join (select distinct source from "
        "chapter_arrow) c where p.hs_prefix <> '' "
        "union all select source, '', chapter, make_date(first_year, 1, 1) from chapter_arrow"
    )
    _categories(con)


def _categories(con: duckdb.DuckDBPyConnection) -> None:
    """Tables `prefix_years`, `chosen_category`, `required`, `category_cover`."""
    con.execute(
        "create table prefix_years as select category_scheme, category_code, hs_prefix, first_year::int as first_year, "
        f"last_year::int as last_year from ({seed('category_prefix_years')}) "
        "union all by name select * from own_prefix_years"
    )
    con.execute(
        "create table chosen_category as select category_scheme, category_code from review_categories "
        "union all select category_scheme, category_code from own_category"
    )
    con.execute(REQUIRED)
    con.execute(CATEGORY_COVER)


def promises(con: duckdb.DuckDBPyConnection, state: LandingState, active: dict[str, Dataset]) -> None:
    """Table `promise`: each month that an active dataset promises and that is out today at its source; is it held?

    Where the publisher alone knows what is out, no month after the last one held is known to be.
    """
    con.execute("create table promise (dataset varchar, month date, due_on date, is_held boolean)")
    for name, dataset in active.items():
        source, today = TRADE[dataset.source], TRADE[dataset.source].today()
        held = set(held_months(state, dataset, today))
        promised = dataset.promised(today)
        if source.says_what_is_out:
            promised = [month for month in promised if month <= max(held, default=dt.date.min)]
        rows = [(name, month, source.release_date(month), month in held) for month in promised]
        if rows:
            con.executemany("insert into promise values (?, ?, ?, ?)", rows)
