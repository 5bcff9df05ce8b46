-- Compares: rows, rows with dollars and dollars of the headline and growth marts, of all partners together and of each
--           partner, with those of the series mart that each goes row by row with, scheme by scheme. That these are right
--           is found by layers.
-- Window:   every stream and month in which one of them has a row.
-- Tolerance: none. Billions are DOUBLE and give whole dollars again, since these stay far below 2^53.
with series as (
    select 'category' as grain, source, reporter, flow, month, category_scheme, count(*) as n, count(value_usd) as n_usd,
        sum(value_usd) as usd
    from mart_category_monthly
    group by all
    union all
    select 'partner_category', source, reporter, flow, month, category_scheme, count(*), count(value_usd), sum(value_usd)
    from mart_partner_category_monthly
    group by all
),

derived as (
    select table_name, source, reporter, flow, month, category_scheme, count(*) as n, count(value_usd_bn) as n_usd,
        sum(round(value_usd_bn * 1e9)::bigint) as usd
    from int_headline_monthly
    group by all
    union all
    select table_name, source, reporter, flow, month, category_scheme, count(*), count(value_usd), sum(value_usd)
    from int_growth_monthly
    group by all
),

expected as (
    select * exclude (grain), format('mart_{}_{}_monthly', grain, unnest(['headline', 'growth'])) as table_name from series
),

final as (
    select
        source,
        reporter,
        flow,
        month,
        table_name,
        if(table_name like '%_headline_monthly', 'value_usd_bn', 'value_usd') as shown,
        unnest([null, shown, shown]) as column_name,
        table_name || ' = its series mart, scheme ' || category_scheme as scope,
        unnest(['rows', 'rows with dollars', 'value_usd']) as measure,
        unnest([coalesce(e.n, 0), coalesce(e.n_usd, 0), coalesce(e.usd, 0)]) as expected,
        unnest([coalesce(d.n, 0), coalesce(d.n_usd, 0), coalesce(d.usd, 0)]) as actual,
        greatest(coalesce(e.n, 0), coalesce(d.n, 0)) as n_compared,
        null as reason
    from expected as e
    full join derived as d using (table_name, source, reporter, flow, month, category_scheme)
)

select * exclude (shown), source || ' ' || flow as dataset, 0 as tolerance, 'block' as severity, 'docs/decisions.md' as reference
from final
