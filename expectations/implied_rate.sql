-- Compares: yuan per dollar that a figure printed in both currencies implies, and that the details imply where both
--           currencies are covered, with the mean rate of the period.
-- Window:   every figure of the flows of this home that is printed in both currencies; every month of the facts in which
--           cells have both.
-- Tolerance: 2 % for printed figures: sound pairs are off by 1.1 % at most, the known press errors by 5 % and more. 5 % for
--            details: customs convert at the rate of the month before, which has moved by 4.6 % within a month.
with printed as (
    select reporter, flow, partner_code, scope_code, period_from, period_to, measure, value,
        control_total_id, reference,
        if(grade = 'D', 'known to be wrong: ' || coalesce(remark, 'see its source'), null) as known_error
    from fct_control_total
    where measure in ('value_usd', 'value_local') and scope_code is not null and partner_code is not null
        and regime_group is null
),

stream as (
    select distinct source, reporter, flow from coverage
),

pair as (
    select s.source, s.reporter, u.flow, u.period_from, u.period_to,
        format('{} and {}: {} × {}', u.control_total_id, c.control_total_id, u.partner_code, u.scope_code) as scope,
        c.value / u.value::double as actual, 1 as n_compared, 0.02 as share, u.reference,
        coalesce(u.known_error, c.known_error) as known_error
    from printed as u
    inner join printed as c using (reporter, flow, partner_code, scope_code, period_from, period_to)
    inner join stream as s using (reporter, flow)
    where u.measure = 'value_usd' and c.measure = 'value_local' and u.value > 0
),

detail as (
    select source, reporter, flow, month as period_from, month as period_to,
        if(is_world, 'all partners together', 'details') || ' in both currencies' as scope,
        sum(value_local) / nullif(sum(value_usd), 0)::double as actual, count(*) as n_compared, 0.05 as share,
        'docs/rules.md' as reference, null as known_error
    from (
        select source, reporter, flow, month, value_usd, value_local, local_currency, false as is_world
        from fct_trade_monthly
        union all
        select source, reporter, flow, month, value_usd, value_local, local_currency, true from fct_trade_world_monthly
    ) as f
    -- The rate that is known is the yuan's.
    where value_usd is not null and value_local is not null and local_currency = 'CNY'
    group by all
    having sum(value_usd) > 0
),

compared as (
    select * from pair
    union all
    select * from detail
),

rate as (
    select c.source, c.reporter, c.flow, c.scope, c.period_to, avg(r.cny_per_usd) as mean, count(r.month) as months,
        string_agg(distinct r.source, '; ' order by r.source) as whose,
        date_diff('month', c.period_from, c.period_to) + 1 as needed
    from compared as c
    left join fct_exchange_rate_monthly as r on r.month between c.period_from and c.period_to
    group by all
),

final as (
    select
        c.source,
        c.reporter,
        c.flow,
        c.period_to as month,
        c.scope,
        'yuan per dollar' as measure,
        if(r.months = r.needed, r.mean, null) as expected,
        if(r.months = r.needed, c.actual, null) as actual,
        if(r.months = r.needed, c.share * r.mean, 0) as tolerance,
        if(r.months = r.needed, c.n_compared, 0) as n_compared,
        if(r.months = r.needed, c.known_error, 'no exchange rate is known for all months of the period') as reason,
        if(c.known_error is null, 'warn', 'expect') as severity,
        concat_ws('; ', c.reference, 'rate: ' || r.whose) as reference
    from compared as c
    inner join rate as r using (source, reporter, flow, scope, period_to)
)

select *, source || ' ' || flow as dataset from final
