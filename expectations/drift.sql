-- Compares: a month with what it was before it was revised; a partner's share with that of the month before; a unit value
--           with the median of the months around it; the number of rows with the same month a year before (trade has its
--           seasons), else with the trailing median; value and cells of a month with the least and the greatest of the
--           twelve nearest months of the same scope; of values the second of each, so that a bad month hides no other.
-- Window:   revised months; months whose neighbours are covered; tariff line × partner above US$ or CNY 10 m with at least 6
--           of the 12 months before and after; months of at least 100 rows; months with trade that have 6 others of their
--           scope near, of values that differ by a factor of 50 at most, or of 4 cells and more.
-- Tolerance: 2 % of the month; 10 points; a factor of 5; 15 % fewer rows; a factor of 5 beyond the others, half of the
--            cells (docs/rules.md). It only warns: what is unusual may well be true.
with feeding as (
    select distinct c.receipt_id, c.feeds, c.source, c.reporter, c.flow, c.currency, c.month, r.vintage
    from coverage as c
    inner join receipt as r using (receipt_id)
),

-- Each two prints of different days that speak of the same month.
revised as (
    select l.*, e.receipt_id as earlier_id
    from feeding as l
    inner join feeding as e using (feeds, source, reporter, flow, currency, month)
    where e.vintage < l.vintage
),

-- What each says inside the scope of the other.
said as (
    select v.receipt_id, v.earlier_id, v.month, r.receipt_id as said_by, sum(r.value) as value, count(*) as n
    from revised as v
    inner join raw_row as r on v.month = r.month and r.receipt_id in (v.receipt_id, v.earlier_id)
    where exists (
        select 1 from scope_part as p
        where
            p.receipt_id = if(r.receipt_id = v.receipt_id, v.earlier_id, v.receipt_id) and p.month = r.month
            and starts_with(r.hs_code, p.hs_prefix)
            and (p.partner_code = coalesce(r.partner_code, 'world') or (p.partner_code = '*' and r.partner_code is not null))
    )
    group by all
),

revision as (
    select
        v.source,
        v.reporter,
        v.flow,
        v.month,
        format('{} revises {}', v.receipt_id, v.earlier_id) as scope,
        value_of(v.currency) as measure,
        sum(s.value) filter (where s.said_by = v.earlier_id) as expected,
        sum(s.value) filter (where s.said_by = v.receipt_id) as actual,
        0.02 * coalesce(sum(s.value) filter (where s.said_by = v.earlier_id), 0) as tolerance,
        sum(s.n) as n_compared,
        null::varchar as reason
    from revised as v
    inner join said as s using (receipt_id, earlier_id, month)
    group by all
),

-- Shares in all goods and in chips; a tariff line or heading alone moves too much to tell anything.
series as (
    select source, reporter, flow, partner_code, category_scheme, category_code, month, value_usd is null as is_local,
        coalesce(partner_share_usd, partner_share_local) as share
    from mart_partner_category_monthly
    where category_scheme in ('all', 'ic')
),

share_step as (
    select n.source, n.reporter, n.flow, n.month, n.category_scheme, n.category_code, n.partner_code,
        n.share - b.share as jump
    from series as n
    inner join series as b
        on
            n.source = b.source and n.reporter = b.reporter and n.flow = b.flow and n.partner_code = b.partner_code
            and n.category_scheme = b.category_scheme and n.category_code = b.category_code
            and n.is_local = b.is_local and n.month = b.month + interval 1 month
    where n.share is not null and b.share is not null
),

share as (
    select
        source,
        reporter,
        flow,
        month,
        format('share of a partner in {}/{} against the month before', category_scheme, category_code) as scope,
        'greatest change of share' as measure,
        0 as expected,
        max(abs(jump)) as actual,
        0.1 as tolerance,
        count(*) as n_compared,
        'partner ' || arg_max(partner_code, abs(jump)) as reason
    from share_step
    group by source, reporter, flow, month, category_scheme, category_code
),

priced as (
    select source, reporter, flow, month, commodity_code, partner_code, unit_1, value_usd is null as is_local,
        coalesce(value_usd, value_local) / quantity_1::double as price
    from fct_trade_monthly
    where quantity_1 > 0 and coalesce(value_usd, value_local) >= 10000000
),

usual_price as (
    select *, median(price) over near as usual, count(*) over near as months
    from priced
    window near as (
        partition by source, reporter, flow, commodity_code, partner_code, unit_1, is_local
        order by month
        range between interval 12 month preceding and interval 12 month following exclude current row
    )
),

price as (
    select
        source,
        reporter,
        flow,
        month,
        'unit values of tariff line × partner' as scope,
        'series beyond a fifth or five times the median of the months around' as measure,
        0 as expected,
        count(*) filter (where price > 5 * usual or price < usual / 5) as actual,
        0 as tolerance,
        count(*) as n_compared,
        'first ' || min(format('{} × {}: {:.4g} against {:.4g} a unit', commodity_code, partner_code, price, usual))
            filter (where price > 5 * usual or price < usual / 5) as reason
    from usual_price
    where months >= 6
    group by source, reporter, flow, month
),

-- Rows as received, of the receipts that decide something of the month. Each currency for itself: the rows of another
-- one must not fill the gap that is left by this one.
decides as (
    select distinct source, reporter, flow, month, unnest(['USD', local_currency]) as currency,
        unnest([receipt_id_usd, receipt_id_local]) as receipt_id
    from (
        select distinct source, reporter, flow, month, local_currency, receipt_id_usd, receipt_id_local
        from fct_trade_monthly
    )
),

size as (
    select d.source, d.reporter, d.flow, d.month, d.currency, sum(s.rows)::bigint as n
    from decides as d
    inner join received as s using (receipt_id, month)
    group by all
),

usual_size as (
    select s.*, coalesce(b.n, median(s.n) over year_before) as usual,
        if(b.n is null, count(*) over year_before, 12) as months,
        if(b.n is null, 'the median of the year before', 'the same month a year before') as basis
    from size as s
    left join size as b
        on
            s.source = b.source and s.reporter = b.reporter and s.flow = b.flow and s.currency = b.currency
            and s.month = b.month + interval 1 year
    window year_before as (
        partition by s.source, s.reporter, s.flow, s.currency
        order by s.month
        range between interval 12 month preceding and interval 1 month preceding
    )
),

-- More rows are no alarm: a wider scope has them.
rows_down as (
    select
        source,
        reporter,
        flow,
        month,
        'rows against ' || basis as scope,
        'rows in ' || currency as measure,
        usual as expected,
        least(n, usual) as actual,
        0.15 * usual as tolerance,
        months as n_compared,
        null as reason
    from usual_size
    where months >= 6 and usual >= 100
),

-- Months of one scope: with the same parts, of those that lie in no other.
scope as (
    select p.feeds, p.source, p.reporter, p.flow, p.currency, p.month,
        hash(list_sort(list(distinct p.partner_code || ':' || p.hs_prefix))) as mark
    from coverage as p
    where
        not exists (
            select 1 from coverage as q
            where
                q.feeds = p.feeds and q.source = p.source and q.reporter = p.reporter and q.flow = p.flow
                and q.currency = p.currency and q.month = p.month and q.partner_code = p.partner_code
                and starts_with(p.hs_prefix, q.hs_prefix) and p.hs_prefix <> q.hs_prefix
        )
        and not exists (
            select 1 from coverage as q
            where
                q.feeds = p.feeds and q.source = p.source and q.reporter = p.reporter and q.flow = p.flow
                and q.currency = p.currency and q.month = p.month and q.partner_code = '*' and p.partner_code <> '*'
                and starts_with(p.hs_prefix, q.hs_prefix)
        )
    group by all
),

line as (
    select 'partner' as feeds, source, reporter, flow, month, unnest(['USD', local_currency]) as currency,
        unnest([value_usd, value_local]) as value
    from fct_trade_monthly
    union all
    select 'world', source, reporter, flow, month, unnest(['USD', local_currency]), unnest([value_usd, value_local])
    from fct_trade_world_monthly
),

traded as (
    select s.*, count(l.value) filter (where l.value > 0) as n, coalesce(sum(l.value), 0) as value
    from scope as s
    left join line as l using (feeds, source, reporter, flow, currency, month)
    group by all
),

near as (
    select t.*, o.n as other_n, o.value as other_value
    from traded as t
    inner join traded as o using (feeds, source, reporter, flow, currency, mark)
    where
        t.month <> o.month and o.value > 0
        and o.month between t.month - interval 12 month and t.month + interval 12 month
    qualify row_number() over (
        partition by t.feeds, t.source, t.reporter, t.flow, t.currency, t.month
        order by abs(date_diff('month', t.month, o.month)), o.month
    ) <= 12
),

-- Days after which trade with China did not go on as before.
policy_event as (
    select unnest([date '2022-10-01', date '2023-10-01', date '2024-11-01', date '2024-12-01', date '2025-01-01']) as month,
        unnest([
            'US export controls of 2022-10-07', 'US export controls of 2023-10-17', 'US election of 2024-11-05',
            'US export controls of 2024-12-02', 'US inauguration of 2025-01-20'
        ]) as what
),

usual as (
    select source, reporter, flow, month, currency, feeds, n, value, count(*) as months, min(other_n) as least_n,
        list_sort(list(other_value))[2] as least, list_sort(list(other_value))[-2] as greatest,
        if(reporter = 'CHN', (
            select string_agg(e.what, '; ' order by e.month) from policy_event as e
            where n.month between e.month - interval 1 month and e.month + interval 2 month
        ), null) as events
    from near as n
    group by all
    having count(*) >= 6
),

magnitude as (
    select
        source,
        reporter,
        flow,
        month,
        if(feeds = 'world', 'all partners together', 'all that is covered') || ' against the nearest months of its scope' as scope,
        value_of(currency) as measure,
        if(value < least, least, greatest) as expected,
        if(value between least and greatest, greatest, value) as actual,
        if(value < least, 0.8 * least, 4 * greatest) as tolerance,
        months as n_compared,
        if(value between least / 5 and 5 * greatest, null, format(
            'between {:,} and {:,} in the {} nearest months{}', least, greatest, months, coalesce('; near: ' || events, '')
        )) as reason
    from usual
    where value > 0 and greatest <= 50 * least
    union all
    select
        source,
        reporter,
        flow,
        month,
        if(feeds = 'world', 'all partners together', 'all that is covered') || ' against the nearest months of its scope',
        'cells with ' || value_of(currency),
        least_n,
        least(n, least_n),
        0.5 * least_n - 0.5,
        months,
        if(n > 0.5 * least_n, null, coalesce('near: ' || events, 'no month near has so few'))
    from usual
    where least_n >= 4
),

final as (
    select * from revision
    union all
    select * from share
    union all
    select * from price
    union all
    select * from rows_down
    union all
    select * from magnitude
)

select *, source || ' ' || flow as dataset, 'warn' as severity, 'docs/rules.md' as reference from final
