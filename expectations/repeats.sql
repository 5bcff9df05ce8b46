-- Compares: all rows of a partner in a month (lines, values, quantities) with its rows in each of the twelve months before.
-- Window:   partners, and all together in world files, with 3 rows and US$ 1 m (or 7 m in local currency) in the month,
--           or with a hundred times as much in fewer rows: less may be equal by chance.
-- Tolerance: none. Trade never repeats itself to the dollar; a file under another month does.
with line as (
    select source, reporter, flow, month, partner_code, commodity_code, quantity_1, unnest(['USD', local_currency]) as currency,
        unnest([value_usd, value_local]) as value
    from fct_trade_monthly
    union all
    select source, reporter, flow, month, 'all together', commodity_code, quantity_1, unnest(['USD', local_currency]),
        unnest([value_usd, value_local])
    from fct_trade_world_monthly
),

print as (
    select source, reporter, flow, currency, partner_code, month, count(*) as n, sum(value) as value,
        sum(hash(commodity_code, value, quantity_1)) as mark, bit_xor(hash(commodity_code, value, quantity_1)) as other_mark
    from line
    where value > 0
    group by all
),

large as (
    select *, count(*) over year_before as before
    from print
    where value >= if(currency = 'USD', 1000000, 7000000) * if(n >= 3, 1, 100)
    window year_before as (
        partition by source, reporter, flow, currency, partner_code
        order by month
        range between interval 12 month preceding and interval 1 month preceding
    )
),

repeated as (
    select l.source, l.reporter, l.flow, l.currency, l.partner_code, l.month, l.n, l.value, max(e.month) as earlier
    from large as l
    inner join large as e using (source, reporter, flow, currency, partner_code, n, value, mark, other_mark)
    where e.month between l.month - interval 12 month and l.month - interval 1 month
    group by all
),

final as (
    select
        l.source,
        l.reporter,
        l.flow,
        l.month,
        'rows of partners against the twelve months before' as scope,
        'partners with all rows of another month in ' || l.currency as measure,
        0 as expected,
        count(r.earlier) as actual,
        count(*) as n_compared,
        'first ' || min(format(
            '{}: {:,} rows of {:,} as in {}', r.partner_code, r.n, r.value, strftime(r.earlier, '%Y-%m')
        )) as reason
    from large as l
    left join repeated as r using (source, reporter, flow, currency, partner_code, month)
    where l.before > 0
    group by l.source, l.reporter, l.flow, l.month, l.currency
)

select *, source || ' ' || flow as dataset, 0 as tolerance, 'block' as severity, 'docs/rules.md' as reference from final
