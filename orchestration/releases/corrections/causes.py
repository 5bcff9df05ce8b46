"""Why figures differ from those of the release before: whose definition, receipt, parser or coverage is another one.

Belongs here: the judgement of a cause, figure by figure, in SQL on what `table` lays out. Not here: which figures
differ.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Set

import duckdb
import pyarrow as pa

from orchestration.landing.coverage import COVERAGE_SCHEMA, coverage_rows
from orchestration.landing.state import order_of_truth
from orchestration.releases.corrections.differing import KEY, Side
from orchestration.releases.manifest import Manifest, ReleaseReceipt

#: Receipts that are named of a figure.
NAMED = 5
_STREAM = "v.source = c.source and v.reporter = c.reporter and v.flow = c.flow and v.month = c.month"
#: Categories as each side defines them: their prefixes, with the years in which these hold.
DEFINITION = """
create table correcting.definition_{side} as
select c.category_scheme, c.category_code, any_value(c.scheme_version) as scheme_version,
  list(c.prefix order by c.prefix) as prefixes,
  string_agg(if(c.prefix = '', 'all codes', c.prefix) || if(y.hs_prefix is null, '',
    ' (' || coalesce(y.first_year::varchar, '') || '..' || coalesce(y.last_year::varchar, '') || ')'), ','
    order by c.prefix) || coalesce(' of ' || any_value(c.code_system), '') as said
from (select *, unnest(string_split(hs_prefixes, ',')) as prefix from {database}.main.dim_category) as c
left join years_{side} as y
  on c.category_scheme = y.category_scheme and c.category_code = y.category_code and c.prefix = y.hs_prefix
group by all"""
#: Categories that are new, gone, or defined in another way.
REDEFINED = """
create table correcting.redefined as
select category_scheme, category_code, t.said is null as is_new,
  format('scheme {}{}, {}', category_scheme,
    case
      when t.scheme_version is null and n.scheme_version is null then ', the home''s own'
      when t.scheme_version = n.scheme_version or t.said is null or n.said is null
      then ' of version ' || coalesce(n.scheme_version, t.scheme_version)
      else ', version ' || coalesce(t.scheme_version::varchar, '-') || ' → ' || coalesce(n.scheme_version::varchar, '-')
    end,
    case
      when t.said is null then 'new category: ' || n.said
      when n.said is null then 'category ended: ' || t.said
      else t.said || ' → ' || n.said
    end) as detail
from correcting.definition_then as t
full join correcting.definition_now as n using (category_scheme, category_code)
where t.said is distinct from n.said"""
#: Receipts of one side alone that decide some line of a figure: no greater one of that side speaks of the same.
DECIDING = f"""
create table correcting.deciding as
with cell as (
  select {KEY}, unnest(coalesce(n.prefixes, t.prefixes)) as prefix
  from (select distinct {KEY} from correcting.figure) as f
  left join correcting.definition_now as n using (category_scheme, category_code)
  left join correcting.definition_then as t using (category_scheme, category_code)
),
speaking as (
  select c.*, v.receipt_id, v.currency, v.precedence, v.side, r.told,
    if(c.partner_code = 'all', v.partner_code, c.partner_code) as of_partner,
    if(length(v.hs_prefix) > length(c.prefix), v.hs_prefix, c.prefix) as of_prefix
  from cell as c
  inner join covered as v
    on {_STREAM} and (v.partner_code in ('*', c.partner_code) or c.partner_code = 'all')
      and (starts_with(v.hs_prefix, c.prefix) or starts_with(c.prefix, v.hs_prefix))
  inner join of_one_side as r using (side, receipt_id)
)
select c.* from speaking as c
where not exists (
  select 1 from covered as v
  where {_STREAM} and v.side = c.side and v.currency = c.currency and v.precedence > c.precedence
    and v.partner_code in ('*', c.of_partner) and starts_with(c.of_prefix, v.hs_prefix))"""
#: The same in words, by figure and measure. Quantities hang on receipts of both currencies.
RECEIPTS = f"""
create table correcting.receipt as
with told as (
  select distinct {KEY}, side, receipt_id, told,
    unnest([if(currency = 'USD', 'value_usd', 'value_local'), 'quantity']) as measure
  from correcting.deciding
),
listed as (
  select {KEY}, measure, side, list(told order by receipt_id) as told from told group by all
),
named as (
  select {KEY}, measure, side, array_to_string(told[:{NAMED}], '; ')
    || if(len(told) > {NAMED}, format(' and {{}} more', len(told) - {NAMED}), '') as told
  from listed
)
select {KEY}, measure, any_value(told) filter (where side = 'now') as received,
  any_value(told) filter (where side = 'then') as withdrawn
from named group by all"""
#: The judgement. Both figures of a quantity are covered where both rows are there: it is unknown where units mix.
JUDGED = f"""
create table correcting.judged as
select f.*,
  case
    when d.detail is not null then 'definition'
    when r.withdrawn is not null then 'receipt withdrawn'
    when (f.old_value is null or f.new_value is null) and not (f.measure = 'quantity' and f.had and f.has)
    then 'coverage'
    when r.received is not null then 'revised by the source'
    when p.versions is not null then 'parser'
    else 'definition'
  end as cause,
  case cause
    when 'receipt withdrawn' then r.withdrawn || coalesce('; since then ' || r.received, '')
    when 'coverage' then if(
      f.new_value is null,
      'not covered any more: ' || coalesce(f.reason, 'no currency covers all of its codes'),
      'became known by ' || coalesce(r.received, 'code lists or reviewed tables')
    )
    when 'revised by the source' then r.received
    when 'parser' then p.versions
    else coalesce(d.detail, $project)
  end as cause_detail
from correcting.figure as f
left join correcting.redefined as d using (category_scheme, category_code)
left join correcting.receipt as r using ({KEY}, measure)
left join parser as p using (source)"""


def show_definitions(con: duckdb.DuckDBPyConnection, sides: Mapping[str, Side]) -> None:
    """Tables `definition_then`, `definition_now`, `redefined`: categories, and those that say something else now."""
    for name, side in sides.items():
        con.register(f"years_{name}", side.own.tables()["own_prefix_years"])
        con.execute(DEFINITION.format(side=name, database=side.database))
    con.execute(REDEFINED)


def judge(con: duckdb.DuckDBPyConnection, sides: Mapping[str, Side]) -> None:
    """Table `judged`: each row of `figure` with its cause, and in words what it is."""
    then, now = sides["then"], sides["now"]
    months = {month for (month,) in con.execute("select distinct month from correcting.figure").fetchall()}
    con.register("covered", _covered(sides, months))
    con.register("of_one_side", _of_one_side(then.said, now.said))
    con.register("parser", _parsers(then.said, now.said))
    con.execute(DECIDING)
    con.execute(RECEIPTS)
    revisions = [(said.git_revision or "unknown")[:10] for said in (then.said, now.said)]
    con.execute(JUDGED, {"project": f"models or reviewed tables of the project, {' → '.join(revisions)}"})


def _covered(sides: Mapping[str, Side], months: Set[dt.date]) -> pa.Table:
    """What receipts that feed a fact cover in some months, by side."""
    rows = []
    for name, side in sides.items():
        for rank, receipt in enumerate(_in_order(side.said), start=1):
            if receipt.scope.feeds != "check" and not months.isdisjoint(receipt.scope.month_list):
                found = coverage_rows(receipt.receipt_id, receipt.scope, rank)
                rows += [{**row, "side": name} for row in found if row["month"] in months]
    return pa.Table.from_pylist(rows, schema=COVERAGE_SCHEMA.append(pa.field("side", pa.string())))


def _in_order(said: Manifest) -> list[ReleaseReceipt]:
    """The receipts of a release, the one that counts before all others last; it lists them as they came."""
    order = {r.receipt_id: order_of_truth(r.vintage, r.scope, n) for n, r in enumerate(said.receipts)}
    return sorted(said.receipts, key=lambda receipt: order[receipt.receipt_id])


def _of_one_side(then: Manifest, now: Manifest) -> pa.Table:
    """Receipts that one side alone is made of, and how they are told: new ones by vintage, withdrawn ones by reason."""
    reasons = {withdrawal.receipt_id: withdrawal.reason for withdrawal in now.withdrawals}
    had, has = ({receipt.receipt_id for receipt in said.receipts} for said in (then, now))
    told = [("now", r.receipt_id, f", vintage {r.vintage}") for r in now.receipts if r.receipt_id not in had]
    told += [
        ("then", r.receipt_id, f": {reasons.get(r.receipt_id, 'landing has it no longer')}")
        for r in then.receipts
        if r.receipt_id not in has
    ]
    rows = [{"side": side, "receipt_id": name, "told": f"receipt {name}{what}"} for side, name, what in told]
    return pa.Table.from_pylist(rows, schema=pa.schema(dict.fromkeys(("side", "receipt_id", "told"), pa.string())))


def _parsers(then: Manifest, now: Manifest) -> pa.Table:
    """Sources whose rows another version of the parser has read."""
    rows = [
        {"source": source, "versions": f"{then.parsers[source]} → {version}"}
        for source, version in now.parsers.items()
        if then.parsers.get(source, version) != version
    ]
    return pa.Table.from_pylist(rows, schema=pa.schema({"source": pa.string(), "versions": pa.string()}))
