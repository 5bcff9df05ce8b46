"""The fact and the two series marts in plain SQL, from the same raw files: what the models are measured against.

    python -m benchmarks.hand HOME        a home that `benchmarks.run --keep` has left

Written for what made-up trade is: dollars only, every month whole for all partners and codes, one unit a code. Then
what was released must equal it: each table, each month, each column. Exits 1 if not.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from benchmarks.meter import answer, cpu_seconds, peak
from orchestration.base.duck import literal
from orchestration.base.settings import DBT_PROJECT, Home, settings

BEGUN = time.perf_counter()
FACT, PARTNERS, ALL = "fct_trade_monthly", "mart_partner_category_monthly", "mart_category_monthly"
#: The latest receipt of a month counts whole: numbers of receipts grow with their vintage.
MAKE_FACT = f"""
create table {FACT} as
with raw as (from read_parquet({{raw}}, hive_partitioning = false)),
unit as (from read_csv({{seeds}} || '/units.csv', all_varchar = true)),
latest as (select month, max(receipt_id) as receipt_id from raw group by month)
select source, reporter, flow, r.month, hs_code as commodity_code, partner_code, sum(value)::bigint as value_usd,
  null::bigint as value_local,
  sum(if(unit_1 is null and quantity_1 = 0, null, quantity_1))::bigint as quantity_1, min(u1.unit) as unit_1,
  sum(if(unit_2 is null and quantity_2 = 0, null, quantity_2))::bigint as quantity_2, min(u2.unit) as unit_2,
  coalesce(if(min(u1.unit) = 'Kilogram', sum(quantity_1), null), if(min(u2.unit) = 'Kilogram', sum(quantity_2), null))
    ::bigint as net_weight_kg,
  receipt_id, receipt_id as receipt_id_usd, null::varchar as receipt_id_local, count(*) as source_rows
from raw as r
join latest using (month, receipt_id)
left join unit as u1 on unit_1 = u1.unit_as_printed
left join unit as u2 on unit_2 = u2.unit_as_printed
group by all"""
MAKE_MEMBERS = f"""
create table member as
with line as (select distinct commodity_code from {FACT}),
heading as (from read_csv({{seeds}} || '/hs_headings.csv', all_varchar = true)),
reviewed as (
  select category_scheme, category_code, category_name, unnest(string_split(coalesce(hs_prefixes, ''), ',')) as prefix
  from read_csv({{seeds}} || '/categories.csv', all_varchar = true)
)
select commodity_code, category_scheme, category_code, category_name
from line join reviewed on starts_with(commodity_code, prefix)
union all
select commodity_code, 'hs' || digits, left(commodity_code, digits), name
from line cross join (select unnest([2, 4]) as digits) join heading on hs_code = left(commodity_code, digits)"""
#: Sums over categories; all partners together add up lines first, so that a line counts once.
SUMS = """
  sum(value_usd)::bigint as value_usd,
  if(count(distinct unit_1) <= 1, sum(quantity_1), null)::bigint as quantity,
  if(count(distinct unit_1) <= 1, max(unit_1), null) as quantity_unit,
  (count(*) filter (where value_usd > 0))::integer as n_lines"""
MAKE_SUMS = f"""
create table sums as
with line as (
  select month, commodity_code, sum(value_usd)::bigint as value_usd, sum(quantity_1)::bigint as quantity_1,
    min(unit_1) as unit_1
  from {FACT} group by all
)
select month, partner_code, category_scheme, category_code, {SUMS}
from {FACT} join member using (commodity_code) group by all
union all
select month, 'all', category_scheme, category_code, {SUMS} from line join member using (commodity_code) group by all"""
#: Each series over all months from the first one of the home on; shown from its first trade on.
MAKE_SERIES = """
create table series as
with begun as (
  select partner_code, category_scheme, category_code, min(month) as first_month, row_number() over () as series
  from sums where value_usd > 0 group by all
),
months as (select distinct month from sums),
spine as (
  select series, month, first_month, partner_code, category_scheme, category_code,
    coalesce(value_usd, 0) as usd, if(s.n_lines is null, 0, quantity) as quantity, quantity_unit,
    coalesce(n_lines, 0) as n_lines
  from begun cross join months left join sums as s using (month, partner_code, category_scheme, category_code)
),
to_date as (
  select *, if(count(*) over year_so_far = month(month), sum(usd) over year_so_far, null)::bigint as ytd
  from spine window year_so_far as (partition by series, year(month) order by month)
),
based as (
  select *, lag(usd) over series as mom, lag(usd, 12) over series as yoy, lag(ytd, 12) over series as ytd_yoy,
    if(count(*) over last_12 = 12, sum(usd) over last_12, null)::bigint as rolling_12,
    if(count(*) over last_3 = 3, sum(usd) over last_3, null) / 3::double as mean_3
  from to_date
  window series as (partition by series order by month),
    last_12 as (partition by series order by month rows 11 preceding),
    last_3 as (partition by series order by month rows 2 preceding)
)
select month, partner_code, category_scheme, category_code, usd as value_usd, quantity, quantity_unit,
  usd / nullif(mom, 0)::double - 1 as value_usd_mom, usd / nullif(yoy, 0)::double - 1 as value_usd_yoy,
  ytd as value_usd_ytd, ytd / nullif(ytd_yoy, 0)::double - 1 as value_usd_ytd_yoy,
  yoy > 0 and yoy < 1000000 as is_low_base, usd / nullif(quantity, 0)::double as unit_value_usd,
  rolling_12 as value_usd_rolling_12, mean_3 as value_usd_mean_3, n_lines
from based where month >= first_month"""
MAKE_MARTS = f"""
create table {ALL} as
select s.*, 'All partners' as partner_name, category_name
from series as s join (select distinct * exclude (commodity_code) from member) using (category_scheme, category_code)
where partner_code = 'all';
create table {PARTNERS} as
select s.*, name_en as partner_name, iso3 as partner_iso3, category_name,
  s.value_usd / nullif(t.value_usd, 0)::double as partner_share_usd
from series as s
join {ALL} as t using (month, category_scheme, category_code)
join read_csv({{seeds}} || '/partners.csv', all_varchar = true) as p
  on p.partner_system = 'gacc' and s.partner_code = p.partner_code"""
MAKE = (MAKE_FACT, MAKE_MEMBERS, MAKE_SUMS, MAKE_SERIES, MAKE_MARTS)


def make(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """The tables, from raw files and reviewed tables."""
    raw, seeds = literal(home.raw / "*" / "month=*" / "*.parquet"), literal(DBT_PROJECT / "seeds")
    for statement in MAKE:
        con.execute(statement.format(raw=raw, seeds=seeds))


def differences(con: duckdb.DuckDBPyConnection, release: Path) -> list[str]:
    """Tables and months of a release that do not equal what was made; a column that is not made must have one value."""
    con.execute(f"attach {literal(release / 'trade.duckdb')} as released (read_only)")
    found = []
    for table in (FACT, PARTNERS, ALL):
        types = dict(con.execute(f"select column_name, column_type from (describe released.main.{table})").fetchall())
        made = [name for name, *_ in con.execute(f"describe {table}").fetchall()]
        values = ", ".join(f"{name}::{types[name]}" for name in made)
        by_month = f"select month, count(*) as n, sum(hash({values})) as hash from {{}} group by month"
        sides = by_month.format(table), by_month.format(f"released.main.{table}")
        months = con.execute(
            f"select strftime(month, '%Y-%m') from ({sides[0]}) as a full join ({sides[1]}) as b using (month) "
            "where (a.n, a.hash) is distinct from (b.n, b.hash) order by 1"
        ).fetchall()
        found += [f"{table} {month}" for (month,) in months]
        rest = [name for name in types if name not in made]
        one = ", ".join(f"count(distinct {name})" for name in rest)
        counts = con.execute(f"select {one or 'null'} from released.main.{table}").fetchone() or ()
        found += [f"{table}.{name}" for name, n in zip(rest, counts, strict=False) if n > 1]
    return found


def main() -> None:
    """Make, compare, and print what making cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path)
    home = Home(parser.parse_args().home.absolute())
    config = {"memory_limit": settings().duckdb_memory, "threads": str(settings().duckdb_threads)}
    with (
        tempfile.TemporaryDirectory(prefix="bonded-hand-") as folder,
        duckdb.connect(str(Path(folder) / "hand.duckdb"), config=config) as con,
    ):
        make(con, home)
        cost = {"cpu": cpu_seconds(), "wall": time.perf_counter() - BEGUN, "peak": peak()}
        wrong = differences(con, home.releases / "current")
    if wrong:
        print(f"the release is not what was computed by hand: {', '.join(wrong[:12])}")
        sys.exit(1)
    answer({}, **cost)


if __name__ == "__main__":
    main()
