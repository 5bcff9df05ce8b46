"""In which figures two releases differ: month by month of each series, measure by measure.

Belongs here: what counts as a correction, in SQL on both databases. Not here: why they differ (`causes`), nor the table
(`table`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from orchestration.releases.content import Slice, unlike
from orchestration.releases.manifest import Manifest
from orchestration.warehouse.categories import OwnCategories
from orchestration.warehouse.views import parts

MARTS = ("mart_partner_category_monthly", "mart_category_monthly")
STREAM = "source, reporter, flow, month"
KEY = f"{STREAM}, partner_code, category_scheme, category_code"
#: The rows of the series marts in these months.
FIGURES = f"""
create table correcting.figure_{{side}} as
select {KEY}, partner_name, category_name, value_usd, value_local, quantity, true as is_there
from ({{rows}})
semi join spoken using ({STREAM})"""
#: Series and months in which the two differ, in some measure.
DIFFERING = f"""
create table correcting.differing as
select {KEY}, coalesce(n.partner_name, t.partner_name) as partner_name,
  coalesce(n.category_name, t.category_name) as category_name, t.is_there is not null as had,
  n.is_there is not null as has, t.value_usd as usd_then, t.value_local as local_then, t.quantity as quantity_then,
  n.value_usd as usd_now, n.value_local as local_now, n.quantity as quantity_now
from correcting.figure_then as t
full join correcting.figure_now as n using ({KEY})
where t.value_usd is distinct from n.value_usd or t.value_local is distinct from n.value_local
  or t.quantity is distinct from n.quantity"""
#: What is covered of series that have no row; a partner who is not named there is covered as every one is.
COVERED = f"""
create table correcting.covered_{{side}} as
with cover as (
  select {KEY}, covered_usd, covered_local, reason from ({{rows}}) semi join spoken using ({STREAM})
)
select {KEY}, coalesce(o.covered_usd, e.covered_usd, false) as usd,
  coalesce(o.covered_local, e.covered_local, false) as local, coalesce(o.reason, e.reason) as reason
from (select {KEY} from correcting.differing) as d
left join cover as o using ({KEY})
left join (select * exclude (partner_code) from cover where partner_code = '*') as e
  on d.partner_code <> 'all' and d.source = e.source and d.reporter = e.reporter and d.flow = e.flow
    and d.month = e.month and d.category_scheme = e.category_scheme and d.category_code = e.category_code"""
#: A row a measure, with both values: 0 where a series without a row is covered.
BY_MEASURE = f"""
create table correcting.by_measure as
with said as (
  select d.* exclude (usd_then, local_then, quantity_then, usd_now, local_now, quantity_now), n.reason,
    unnest([
      {{measure: 'value_usd', old: if(had, usd_then, if(t.usd, 0, null)), new: if(has, usd_now, if(n.usd, 0, null))}},
      {{measure: 'value_local', old: if(had, local_then, if(t.local, 0, null)),
        new: if(has, local_now, if(n.local, 0, null))}},
      {{measure: 'quantity', old: if(had, quantity_then, if(t.usd or t.local, 0, null)),
        new: if(has, quantity_now, if(n.usd or n.local, 0, null))}}
    ]) as of
  from correcting.differing as d
  left join correcting.covered_then as t using ({KEY})
  left join correcting.covered_now as n using ({KEY})
)
select * exclude (of), of.measure as measure, of.old as old_value, of.new as new_value
from said where of.old is distinct from of.new"""
#: The figures that are corrections: not what became known of series that nobody had seen, or at their ends, which is
#: new; and all partners together only where they were not, or are not, the sum of partners who say it themselves.
FIGURE = f"""
create table correcting.figure as
with extent as (
  select * exclude (month), min(month) as first_month, max(month) as last_month
  from (select {KEY} from ({{then}})) group by all
),
known as (
  select b.* from correcting.by_measure as b
  left join extent as x using (source, reporter, flow, partner_code, category_scheme, category_code)
  left join correcting.redefined as d using (category_scheme, category_code)
  where b.old_value is not null or b.had or d.is_new or b.month between x.first_month and x.last_month
),
sums_then as ({{sums_then}}),
sums_now as ({{sums_now}}),
apart as (
  select distinct {STREAM}, category_scheme, category_code, measure from known where partner_code <> 'all'
)
select k.* from known as k
left join sums_then as t using ({STREAM}, category_scheme, category_code, measure)
left join sums_now as n using ({STREAM}, category_scheme, category_code, measure)
left join apart as p using ({STREAM}, category_scheme, category_code, measure)
where not (
  k.partner_code = 'all' and p.measure is not null and k.old_value is not null and k.new_value is not null
  and k.old_value = coalesce(t.total, 0) and k.new_value = coalesce(n.total, 0))"""
SUMS = f"""
select {STREAM}, category_scheme, category_code, unnest(['value_usd', 'value_local', 'quantity']) as measure,
  unnest([sum(value_usd), sum(value_local), sum(quantity)]) as total
from correcting.figure_{{side}} where partner_code <> 'all'
group by {STREAM}, category_scheme, category_code"""


@dataclass(frozen=True)
class Side:
    """One of two releases that are compared: as what its database is attached, its manifest, and the home's own
    categories by which it was made.
    """

    database: str
    said: Manifest
    own: OwnCategories


def months_to_compare(then: Manifest, now: Manifest) -> set[Slice]:
    """Streams and months that the release before had, and whose series are others now."""
    had, differ = set[Slice](), set[Slice]()
    for mart in MARTS:
        of = then.tables.get(mart)
        had |= of.slices.keys() if of else set()
        differ |= unlike(of, now.tables.get(mart))
    return had & differ


def show_figures(con: duckdb.DuckDBPyConnection, sides: Mapping[str, Side], months: Collection[Slice]) -> None:
    """Table `figure`: a row for each figure that was corrected, of these streams and months; `redefined` must be there.

    `had`, `has`: whether each side has a row of the series; `reason`: why it is not covered now.
    """
    rows = [(*stream.split(" "), dt.date.fromisoformat(f"{month}-01")) for stream, month in sorted(months)]
    columns = zip(*rows, strict=True)
    types = (pa.string(), pa.string(), pa.string(), pa.date32())
    arrays = [pa.array(column, of) for column, of in zip(columns, types, strict=True)]
    con.register("spoken", pa.table(arrays, STREAM.split(", ")))
    for name, side in sides.items():
        con.execute(FIGURES.format(side=name, rows=_marts(side.database)))
    con.execute(DIFFERING)
    for name, side in sides.items():
        con.execute(COVERED.format(side=name, rows=_coverage(side.database)))
    con.execute(BY_MEASURE)
    sums = {f"sums_{name}": SUMS.format(side=name) for name in sides}
    con.execute(FIGURE.format(then=_marts(sides["then"].database), **sums))


def _marts(database: str) -> str:
    columns = f"{KEY}, partner_name, category_name, value_usd, value_local, quantity"
    return " union all ".join(f"select {columns} from {database}.main.{mart}" for mart in MARTS)


def _coverage(database: str) -> str:
    columns = f"{KEY}, covered_usd, covered_local, reason"
    tables = parts()["int_series_coverage"]
    return " union all ".join(f"select {columns} from {database}.main.{table}" for table in tables)
