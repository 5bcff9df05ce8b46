-- Compares: what each active dataset needs in a month with what receipts cover; and series declared never zero.
-- Window:   from the first to the last month that the home covers of the dataset (docs/rules.md, rule 9).
-- Tolerance: none.
with need as (
    select d.dataset, d.source, d.reporter, d.flow, d.currency, s.partner_code, r.hs_prefix, r.required_from
    from dataset as d
    inner join dataset_scope as s using (dataset)
    inner join requirement as r on d.source = r.source and s.hs_prefix = r.scope_prefix
),

-- Each needed part of each month, and whether a receipt contains it.
held as (
    select distinct n.dataset, n.partner_code, n.hs_prefix, v.month
    from need as n
    inner join coverage as v
        on
            n.source = v.source and n.reporter = v.reporter and n.flow = v.flow and n.currency = v.currency
            and v.partner_code in ('*', n.partner_code) and starts_with(n.hs_prefix, v.hs_prefix)
            and v.month >= n.required_from
),

span as (
    select dataset, unnest(generate_series(min(month), max(month), interval 1 month))::date as month
    from held
    group by dataset
),

months as (
    select
        s.dataset,
        s.month,
        'the whole scope is covered' as scope,
        'parts of the scope' as measure,
        count(*) as expected,
        count(h.dataset) as actual,
        count(*) as n_compared,
        'block' as severity,
        null as reason
    from span as s
    inner join need as n on s.dataset = n.dataset and s.month >= n.required_from
    left join held as h
        on
            n.dataset = h.dataset and n.partner_code = h.partner_code and n.hs_prefix = h.hs_prefix
            and s.month = h.month
    group by all
),

traded as (
    select f.source, f.reporter, f.flow, f.month, f.partner_code, z.hs_prefix, sum(f.value_usd) as usd,
        sum(f.value_local) as local, count(*) as n
    from fct_trade_monthly as f
    inner join (select distinct partner_code, hs_prefix from dataset_never_zero) as z
        on f.partner_code = z.partner_code and starts_with(f.commodity_code, z.hs_prefix)
    group by all
),

-- A month that is not covered is missing, which is told above, and says nothing of trade.
never_zero as (
    select
        z.dataset,
        s.month,
        format('{} × {} trades in every month', z.partner_code, z.hs_prefix) as scope,
        'months with trade' as measure,
        1 as expected,
        -- In the currency of the promise: trade that a file in the other one shows does not keep it.
        if(if(d.currency = 'USD', t.usd, t.local) > 0, 1, 0) as actual,
        coalesce(t.n, 1) as n_compared,
        'block' as severity,
        null as reason
    from dataset_never_zero as z
    inner join dataset as d using (dataset)
    inner join months as s on z.dataset = s.dataset and s.actual = s.expected
    left join traded as t
        on
            d.source = t.source and d.reporter = t.reporter and d.flow = t.flow and s.month = t.month
            and z.partner_code = t.partner_code and z.hs_prefix = t.hs_prefix
),

empty as (
    select d.dataset, d.first_month as month, 'the whole scope is covered' as scope, 'parts of the scope' as measure,
        null as expected, null as actual, 0 as n_compared, 'block' as severity,
        'no receipt that counts covers any of it' as reason
    from dataset as d
    anti join span as s on d.dataset = s.dataset
),

final as (
    select * from months
    union all
    select * from never_zero
    union all
    select * from empty
)

select f.*, d.source, d.reporter, d.flow, 0 as tolerance, 'docs/rules.md, rule 9' as reference
from final as f
inner join dataset as d using (dataset)
