-- Compares: every raw row with the scope of its own receipt: months, codes, partners, regimes and provinces.
-- Window:   all months of all receipts that count.
-- Tolerance: none. A row outside was never asked for; it would count under a promise that nobody made.
with part as (
    select receipt_id, month, bool_or(hs_prefix = '') as is_every_code, bool_or(partner_code = '*') as is_every_partner
    from scope_part
    group by all
),

counted as materialized (
    select receipt_id, month, count(*) as n, count(partner_code) as n_partner from raw_row group by all
),

-- Rows are looked at one by one only where the scope leaves something out.
by_code as (
    select receipt_id, month, hs_code, count(*) as n
    from raw_row
    semi join (select receipt_id, month from part where not is_every_code) as narrow using (receipt_id, month)
    group by all
    union all
    select receipt_id, month, '', n
    from counted
    anti join (select receipt_id, month from part where not is_every_code) as narrow using (receipt_id, month)
),

by_partner as (
    select receipt_id, month, coalesce(partner_code, 'world') as partner_code, count(*) as n
    from raw_row
    semi join (select receipt_id, month from part where not is_every_partner) as narrow using (receipt_id, month)
    group by all
    union all
    select receipt_id, month, unnest(['*', 'world']), unnest([n_partner, n - n_partner])
    from counted
    anti join (select receipt_id, month from part where not is_every_partner) as narrow using (receipt_id, month)
),

-- A file that was asked for some regimes or provinces need not print them.
limited as (
    select r.receipt_id, r.month, r.regime_code, r.province_code,
        if(contains(c.dimensions, 'regime_code'), c.regimes, 'all') as regimes,
        if(contains(c.dimensions, 'province_code'), c.provinces, 'all') as provinces, count(*) as n
    from raw_row as r
    inner join receipt as c using (receipt_id)
    where c.regimes <> 'all' or c.provinces <> 'all'
    group by all
),

question as (
    select c.receipt_id, c.month, 'months and codes' as scope, c.n,
        exists (
            select 1 from scope_part as p
            where p.receipt_id = c.receipt_id and p.month = c.month and starts_with(c.hs_code, p.hs_prefix)
        ) as is_inside,
        c.hs_code as example
    from by_code as c
    union all
    select c.receipt_id, c.month, 'months and partners', c.n,
        exists (
            select 1 from scope_part as p
            where
                p.receipt_id = c.receipt_id and p.month = c.month
                and (p.partner_code = c.partner_code or (p.partner_code = '*' and c.partner_code <> 'world'))
        ),
        c.partner_code
    from by_partner as c
    where c.n > 0
    union all
    select l.receipt_id, l.month, 'regimes and provinces', l.n,
        (l.regimes = 'all' or coalesce(list_contains(string_split(l.regimes, ','), l.regime_code), false))
        and (l.provinces = 'all' or coalesce(list_contains(string_split(l.provinces, ','), l.province_code), false)),
        concat_ws(' ', l.regime_code, l.province_code)
    from limited as l
),

final as (
    select
        r.source,
        r.reporter,
        r.flow,
        q.month,
        'rows inside the ' || q.scope || ' of their receipt' as scope,
        'rows outside' as measure,
        0 as expected,
        sum(if(q.is_inside, 0, q.n)) as actual,
        sum(q.n) as n_compared,
        'first ' || min(q.receipt_id || ': ' || coalesce(q.example, 'none')) filter (where not q.is_inside) as reason
    from question as q
    inner join receipt as r using (receipt_id)
    group by all
)

select *, source || ' ' || flow as dataset, 0 as tolerance, 'block' as severity, 'docs/rules.md' as reference from final
