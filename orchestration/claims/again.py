"""Claims put to the test once more, from what a release holds and landing says, without the models between.

Belongs here: what was known from when on, made anew for `warehouse.findings`. Not here: judgement.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.claims.load import load_claims
from orchestration.claims.warehouse import findings

#: Beside published tables, some together as `int_restatement`, it reads `category_cover` of the gates: from which
#: vintage on receipts cover a category.
COVERAGE = """
create or replace temp view int_known_coverage as
select source, reporter, flow, month, partner_code, category_scheme, category_code, usd_from, local_from
from category_cover where usd_from is not null or local_from is not null"""
#: A figure that was printed in one way only is known from the day on which it was covered, each currency for itself.
VALUES = """
create or replace temp view int_known_value as
with series as (
  select source, reporter, flow, month, partner_code, category_scheme, category_code, value_usd, value_local, quantity,
    quantity_unit
  from mart_partner_category_monthly
  union all
  select source, reporter, flow, month, partner_code, category_scheme, category_code, value_usd, value_local, quantity,
    quantity_unit
  from mart_category_monthly
),
since as (
  select s.*, coalesce(least(o.usd_from, w.usd_from), o.usd_from, w.usd_from) as usd_from,
    coalesce(least(o.local_from, w.local_from), o.local_from, w.local_from) as local_from
  from series as s
  left join int_known_coverage as o
    using (source, reporter, flow, month, partner_code, category_scheme, category_code)
  left join int_known_coverage as w
    on w.partner_code = '*' and s.partner_code <> 'all' and s.source = w.source and s.reporter = w.reporter
    and s.flow = w.flow and s.month = w.month and s.category_scheme = w.category_scheme
    and s.category_code = w.category_code
  anti join int_restatement as r
    on s.source = r.source and s.reporter = r.reporter and s.flow = r.flow and s.month = r.month
    and s.partner_code = r.partner_code and s.category_scheme = r.category_scheme and s.category_code = r.category_code
),
turn as (
  select *, unnest(list_sort(list_distinct([usd_from, local_from]))) as known_from from since
),
once as (
  select * exclude (usd_from, local_from, value_usd, value_local, quantity, quantity_unit),
    case when known_from < greatest(usd_from, local_from) then greatest(usd_from, local_from) end as known_to,
    if(usd_from <= known_from, value_usd, null) as value_usd,
    if(local_from <= known_from, value_local, null) as value_local,
    if(known_to is null, quantity, null) as quantity, if(known_to is null, quantity_unit, null) as quantity_unit
  from turn where known_from is not null
)
select source, reporter, flow, month, partner_code, category_scheme, category_code, known_from, known_to, value_usd,
  value_local, quantity, quantity_unit
from once
union all
select r.source, r.reporter, r.flow, r.month, r.partner_code, r.category_scheme, r.category_code, r.known_from,
  r.known_to, r.value_usd, r.value_local, if(r.known_to is null, s.quantity, null),
  if(r.known_to is null, s.quantity_unit, null)
from int_restatement as r
left join series as s using (source, reporter, flow, month, partner_code, category_scheme, category_code)
where r.category_scheme <> 'line'"""


def claims_again(con: duckdb.DuckDBPyConnection, expectations: Path) -> pa.Table:
    """The columns of `mart_claim` by what the gates' connection sees; whether its figures are made up is left out."""
    con.execute(COVERAGE)
    con.execute(VALUES)
    return findings(con, load_claims(expectations))
