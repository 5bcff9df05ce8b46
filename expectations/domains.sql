-- Compares: the value of quarantined rows (unknown partner, regime or province) with none at all, and units with
--           those known.
-- Window:   every stream, month and currency that a receipt covers.
-- Tolerance: 0.5 % of the value of the stream's month for quarantined rows (docs/rules.md); none for units, which warn.
with stream_month as (
    select distinct feeds, source, reporter, flow, month, currency, source || ' ' || flow as dataset from coverage
),

fact as (
    select 'partner' as feeds, source, reporter, flow, month, sum(value_usd) as usd, sum(value_cny) as cny,
        count(*) as n
    from fct_trade_monthly
    group by all
    union all
    select 'world', source, reporter, flow, month, sum(value_usd), sum(value_cny), count(*)
    from fct_trade_world_monthly
    group by all
),

held as (
    select r.feeds, q.source, q.reporter, q.flow, q.month, sum(q.value_usd) as usd, sum(q.value_cny) as cny,
        count(*) as n, string_agg(distinct q.reason, '; ' order by q.reason) as reason
    from quarantine as q
    inner join receipt as r using (receipt_id)
    group by all
),

final as (
    select
        s.dataset,
        s.month,
        'rows with an unknown partner, regime or province' || if(s.feeds = 'world', ', all partners together', '')
            || coalesce(': ' || h.reason, '') as scope,
        'value_' || lower(s.currency) as measure,
        0 as expected,
        coalesce(if(s.currency = 'USD', h.usd, h.cny), 0) as actual,
        0.005 * (coalesce(if(s.currency = 'USD', f.usd, f.cny), 0) + coalesce(if(s.currency = 'USD', h.usd, h.cny), 0))
            as tolerance,
        coalesce(f.n, 0) + coalesce(h.n, 0) + 1 as n_compared,
        'block' as severity
    from stream_month as s
    left join fact as f using (feeds, source, reporter, flow, month)
    left join held as h using (feeds, source, reporter, flow, month)
    union all
    select
        source || ' ' || flow as dataset,
        month,
        'units of measure that are not in the list' as scope,
        'rows' as measure,
        0,
        count(*) filter (
            where unit_1 not in (select unit_as_printed from unit) or unit_2 not in (select unit_as_printed from unit)
        ),
        0,
        count(*),
        'warn'
    from raw_row
    group by all
)

select *, 'docs/rules.md' as reference from final
