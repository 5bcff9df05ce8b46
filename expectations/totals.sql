-- Compares: the details with figures printed elsewhere, in the publisher's own unit and rounding.
-- Window:   each printed figure whose scope is covered in every month of its period (for a growth rate: of both years).
-- Tolerance: half a unit of the last printed digit + 0.2 % for revision (docs/rules.md).
with stream as (
    select distinct source, reporter, flow from coverage
),

total as (
    select
        s.source,
        t.*,
        if(t.measure like 'value_cny%', 'CNY', 'USD') as currency,
        t.measure like '%_yoy' as is_growth
    from fct_control_total as t
    inner join stream as s using (reporter, flow)
),

-- The months of the period, and of the year before where growth is printed.
period_month as (
    select *, 0 as years_back, unnest(generate_series(period_from, period_to, interval 1 month))::date as month
    from total
    union all
    select
        *,
        1 as years_back,
        unnest(generate_series(period_from - interval 1 year, period_to - interval 1 year, interval 1 month))::date
    from total
    where is_growth
),

-- Parts of the scope that no receipt covers.
uncovered as (
    select p.source, p.control_total_id, count(distinct p.month) as months
    from period_month as p
    inner join category_prefix as c using (category_scheme, category_code)
    inner join requirement as r on c.hs_prefix = r.scope_prefix and p.month >= r.required_from
    where not exists (
        select 1 from coverage as v
        where
            v.source = p.source and v.reporter = p.reporter and v.flow = p.flow and v.currency = p.currency
            and v.month = p.month and starts_with(r.hs_prefix, v.hs_prefix)
            and (v.partner_code in ('*', p.partner_code) or (p.partner_code = 'all' and v.partner_code = 'world'))
    )
    group by all
),

cell as (
    select f.source, f.reporter, f.flow, f.month, f.hs8, f.partner_code, unnest(['USD', 'CNY']) as currency,
        unnest([f.value_usd, f.value_cny]) as value
    from fct_trade_monthly as f
    semi join period_month as p using (source, reporter, flow, month, partner_code)
    union all
    select source, reporter, flow, month, hs8, 'all', currency, value from all_partners
),

detail as (
    select
        p.source,
        p.control_total_id,
        sum(f.value) filter (where p.years_back = 0) as now,
        sum(f.value) filter (where p.years_back = 1) as before,
        count(f.hs8) as n
    from period_month as p
    inner join category_prefix as c using (category_scheme, category_code)
    left join cell as f
        on
            p.source = f.source and p.reporter = f.reporter and p.flow = f.flow and p.month = f.month
            and p.partner_code = f.partner_code and p.currency = f.currency and starts_with(f.hs8, c.hs_prefix)
    group by all
),

final as (
    select
        t.source || ' ' || t.flow as dataset,
        t.period_to as month,
        format(
            '{}: {} × {}/{}, {}..{}', t.control_total_id, t.partner_code, t.category_scheme, t.category_code,
            strftime(t.period_from, '%Y-%m'), strftime(t.period_to, '%Y-%m')
        ) as scope,
        t.measure,
        t.value as expected,
        case
            when u.months is not null then null
            when t.is_growth then d.now / nullif(d.before, 0)::double - 1
            else d.now
        end as actual,
        t.half_unit + 0.002 * if(t.is_growth, 1 + t.value, t.value) as tolerance,
        -- A figure whose category is unknown compares with nothing at all, and must not pass for that.
        if(u.months is null, greatest(coalesce(d.n, 0), 1), 0) as n_compared,
        if(t.is_headline and t.grade in ('A', 'B'), 'block', 'warn') as severity,
        if(u.months is null, null, format('{} month(s) of its period are not covered', u.months)) as reason,
        t.publisher || ': ' || t.reference as reference
    from total as t
    left join detail as d using (source, control_total_id)
    left join uncovered as u using (source, control_total_id)
)

select * from final
