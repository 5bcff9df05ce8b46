-- Compares: what was received with raw rows, raw rows that count with their fact + quarantine, and every mart row with
--           the facts over its own cells.
-- Window:   every stream and month that a receipt covers.
-- Tolerance: none. Counting is written here in another way than in the models, on purpose.
with stream_month as (
    select distinct source, reporter, flow, month from coverage
),

-- A value in another's cell leaves the sums of its month as they are. So each is also summed times a number of 63 bits
-- that its cell has: what is moved between cells leaves such a sum as it is once in 2^63 times.
raw_month as materialized (
    select receipt_id, month, count(*) as n, sum(value)::bigint as value,
        sum(value::hugeint * (hash(hs_code, coalesce(partner_code, 'world')) >> 1)::hugeint) as placed
    from raw_row
    group by all
),

-- Raw files are written once and trusted by the models; what they hold must be what was seen at receiving.
received_to_raw as (
    select
        source,
        reporter,
        flow,
        month,
        'received = raw, ' || receipt_id as scope,
        unnest(['rows', value_of(currency)]) as measure,
        unnest([coalesce(s.rows, 0), coalesce(s.value, 0)]) as expected,
        unnest([coalesce(r.n, 0), coalesce(r.value, 0)]) as actual,
        coalesce(s.rows, 0) + 1 as n_compared
    from received as s
    full join raw_month as r using (receipt_id, month)
    inner join receipt using (receipt_id)
),

-- Parts of later scopes that may hold cells of a receipt's month. Only rows of such months are looked at one by one.
later_part as (
    select distinct m.receipt_id, m.month, later.partner_code, later.hs_prefix
    from raw_month as m
    inner join receipt as r using (receipt_id)
    inner join scope_part as own using (receipt_id, month)
    inner join coverage as later
        on
            r.feeds = later.feeds and r.source = later.source and r.reporter = later.reporter and r.flow = later.flow
            and r.currency = later.currency and m.month = later.month and r.precedence < later.precedence
            and (own.partner_code = later.partner_code or '*' in (own.partner_code, later.partner_code))
            and (starts_with(own.hs_prefix, later.hs_prefix) or starts_with(later.hs_prefix, own.hs_prefix))
),

partly_replaced as (
    select receipt_id, month
    from later_part
    group by all
    having not bool_or(partner_code = '*' and hs_prefix = '')
),

counted as (
    select receipt_id, month, n, value, placed
    from raw_month
    anti join later_part using (receipt_id, month)
    union all
    select r.receipt_id, r.month, count(*), sum(r.value),
        sum(r.value::hugeint * (hash(r.hs_code, coalesce(r.partner_code, 'world')) >> 1)::hugeint)
    from raw_row as r
    semi join partly_replaced using (receipt_id, month)
    where not exists (
        select 1 from later_part as later
        where
            later.receipt_id = r.receipt_id and later.month = r.month
            and later.partner_code in ('*', coalesce(r.partner_code, 'world'))
            and starts_with(r.hs_code, later.hs_prefix)
    )
    group by all
),

expected as (
    select r.feeds, r.source, r.reporter, r.flow, c.month, m.measure, sum(m.value) as value, sum(m.placed) as placed,
        sum(c.n) as n
    from counted as c
    inner join receipt as r using (receipt_id)
    cross join lateral (
        values (value_of(r.currency), c.value, c.placed), ('rows', c.n, 0)
    ) as m (measure, value, placed)
    where r.feeds <> 'check'
    group by all
),

built as (
    select 'partner' as feeds, source, reporter, flow, month, commodity_code, partner_code, value_usd, value_local,
        source_rows as n_rows
    from fct_trade_monthly
    union all
    select 'world', source, reporter, flow, month, commodity_code, 'world', value_usd, value_local, source_rows
    from fct_trade_world_monthly
    union all
    select r.feeds, q.source, q.reporter, q.flow, q.month, q.commodity_code, coalesce(q.partner_code, 'world'), q.value_usd,
        q.value_local, 1 as n_rows
    from quarantine as q
    inner join receipt as r using (receipt_id)
),

summed_up as (
    select feeds, source, reporter, flow, month, sum(value_usd) as usd, sum(value_local) as local, sum(n_rows) as n,
        sum(value_usd::hugeint * (hash(commodity_code, partner_code) >> 1)::hugeint) as placed_usd,
        sum(value_local::hugeint * (hash(commodity_code, partner_code) >> 1)::hugeint) as placed_local
    from built
    group by all
),

actual as (
    select feeds, source, reporter, flow, month, unnest(['value_usd', 'value_local', 'rows']) as measure,
        unnest([usd, local, n]) as value, unnest([placed_usd, placed_local, 0]) as placed
    from summed_up
),

both_sides as materialized (
    select
        source,
        reporter,
        flow,
        month,
        if(feeds = 'world', 'raw rows of all partners together = world fact + quarantine', 'raw rows = fact + quarantine')
            as scope,
        measure,
        coalesce(e.value, 0) as expected,
        coalesce(a.value, 0) as actual,
        coalesce(e.n, 0) + 1 as n_compared,
        coalesce(e.placed, 0) <> coalesce(a.placed, 0) as is_moved
    from expected as e
    full join (select * from actual where value <> 0) as a using (feeds, source, reporter, flow, month, measure)
),

raw_to_fact as (
    select * exclude (is_moved) from both_sides
    union all
    select source, reporter, flow, month, scope, measure || ' that has moved to other cells' as measure, 0,
        if(expected = actual and is_moved, 1, 0), n_compared
    from both_sides
    where measure <> 'rows'
),

nothing_traded as (
    select s.*, 'raw rows = fact + quarantine' as scope, 'rows' as measure, 0 as expected, 0 as actual,
        1 as n_compared
    from stream_month as s
    anti join raw_to_fact as r using (source, reporter, flow, month)
),

-- Rows of the marts are many: streams' months and categories go by numbers, so that strings are not compared.
mart as not materialized (
    select source, reporter, flow, month, partner_code, category_scheme, category_code, value_usd, value_local
    from mart_partner_category_monthly
    union all
    select source, reporter, flow, month, partner_code, category_scheme, category_code, value_usd, value_local
    from mart_category_monthly
),

period as (
    select *, row_number() over () as period_id, dense_rank() over (order by source, reporter, flow) as stream_id
    from (
        select distinct source, reporter, flow, month from int_series_coverage
        union
        select distinct source, reporter, flow, month from mart
    ) as found
),

-- A number of 31 bits for each category and partner: their products fit, and so do sums of them times a thousand times
-- what the world trades.
category as (
    select *, (hash(category_scheme, category_code) >> 33)::hugeint + 1 as weight
    from (
        select *, row_number() over (order by category_scheme, category_code) as category_id
        from (
            select distinct category_scheme, category_code from category_prefix
            union
            select distinct category_scheme, category_code from int_series_coverage
            union
            select distinct category_scheme, category_code from mart
        ) as found
    ) as ranked
),

partner as (
    select partner_code, (hash(partner_code) >> 33)::hugeint + 1 as weight
    from (
        select distinct partner_code from fct_trade_monthly
        union
        select distinct partner_code from int_series_coverage
        union
        select distinct partner_code from mart
        union
        select 'all'
    ) as found
),

code_category as (
    select f.source, f.commodity_code, g.category_id, g.weight
    from (
        select distinct source, commodity_code from fct_trade_monthly
        union
        select distinct source, commodity_code from fct_trade_world_monthly
    ) as f
    inner join category_prefix as c on f.source = c.source and starts_with(f.commodity_code, c.hs_prefix)
    inner join category as g using (category_scheme, category_code)
),

-- A series begins with its first trade. The marts may be asked for that: where they lack a month with trade it is
-- found missing, and where they have one without trade before, it is found too many.
series as (
    select p.stream_id, f.partner_code, g.category_id, f.first_month
    from first_traded as f
    inner join (select distinct source, reporter, flow, stream_id from period) as p using (source, reporter, flow)
    inner join category as g using (category_scheme, category_code)
),

-- First whole months: values of facts and of marts, and rows that must be there and that are, each times the numbers of
-- its partner and categories. Only months in which these sums differ are looked at row by row.
line_weight as (
    select source, commodity_code, sum(weight) as weight from code_category group by all
),

traded_month as (
    select source, reporter, flow, month, count(value_usd) > 0 as has_usd, count(value_local) > 0 as has_local
    from (
        select source, reporter, flow, month, value_usd, value_local from fct_trade_monthly
        union all
        select source, reporter, flow, month, value_usd, value_local from fct_trade_world_monthly
    ) as f
    group by all
),

-- Categories that no mart shows although facts have some of their lines.
uncovered as materialized (
    select p.period_id, v.source, v.reporter, v.flow, v.month, v.partner_code, g.category_id, g.weight,
        t.has_usd and not v.covered_usd as without_usd, t.has_local and not v.covered_local as without_local
    from int_series_coverage as v
    inner join traded_month as t using (source, reporter, flow, month)
    inner join period as p using (source, reporter, flow, month)
    inner join category as g using (category_scheme, category_code)
    where (t.has_usd and not v.covered_usd) or (t.has_local and not v.covered_local)
),

uncovered_fact as materialized (
    select source, reporter, flow, month, partner_code, commodity_code, value_usd, value_local
    from fct_trade_monthly
    semi join uncovered using (source, reporter, flow, month, partner_code)
),

fact_weight as (
    select p.period_id, sum(f.value_usd * w.weight * n.weight) as usd, sum(f.value_local * w.weight * n.weight) as local
    from fct_trade_monthly as f
    inner join line_weight as w using (source, commodity_code)
    inner join partner as n using (partner_code)
    inner join period as p using (source, reporter, flow, month)
    group by all
    union all
    select p.period_id, sum(if(a.currency = 'USD', a.value, 0) * w.weight * n.weight),
        sum(if(a.currency <> 'USD', a.value, 0) * w.weight * n.weight)
    from all_partners as a
    inner join line_weight as w using (source, commodity_code)
    inner join partner as n on n.partner_code = 'all'
    inner join period as p using (source, reporter, flow, month)
    group by all
    union all
    select u.period_id, -sum(if(u.without_usd, f.value_usd, 0) * u.weight * n.weight),
        -sum(if(u.without_local, f.value_local, 0) * u.weight * n.weight)
    from uncovered as u
    inner join code_category as c using (source, category_id)
    inner join uncovered_fact as f using (source, reporter, flow, month, partner_code, commodity_code)
    inner join partner as n using (partner_code)
    group by all
    union all
    select u.period_id, -sum(if(u.without_usd and a.currency = 'USD', a.value, 0) * u.weight * n.weight),
        -sum(if(u.without_local and a.currency <> 'USD', a.value, 0) * u.weight * n.weight)
    from uncovered as u
    inner join code_category as c using (source, category_id)
    inner join all_partners as a using (source, reporter, flow, month, commodity_code)
    inner join partner as n on u.partner_code = 'all' and n.partner_code = 'all'
    group by all
),

mart_weight as (
    select p.period_id, g.category_scheme, m.partner_code = 'all' as is_whole, count(*) as n, sum(m.value_usd * g.weight * n.weight) as usd,
        sum(m.value_local * g.weight * n.weight) as local,
        sum((1 + if(m.value_usd is null, 0, 2) + if(m.value_local is null, 0, 4)) * g.weight * n.weight) as rows_there
    from mart as m
    inner join period as p using (source, reporter, flow, month)
    inner join category as g using (category_scheme, category_code)
    inner join partner as n using (partner_code)
    group by all
),

cover_weight as (
    select p.period_id,
        sum((1 + if(v.covered_usd, 2, 0) + if(v.covered_local, 4, 0)) * g.weight * n.weight) as rows_there
    from int_series_coverage as v
    inner join period as p using (source, reporter, flow, month)
    inner join category as g using (category_scheme, category_code)
    inner join partner as n using (partner_code)
    inner join series as s
        on
            p.stream_id = s.stream_id and v.partner_code = s.partner_code and g.category_id = s.category_id
            and v.month >= s.first_month
    where v.covered_usd or v.covered_local
    group by all
),

suspect as materialized (
    select p.*
    from period as p
    left join (select period_id, sum(usd) as usd, sum(local) as local from fact_weight group by all) as f using (period_id)
    left join (
        select period_id, sum(usd) as usd, sum(local) as local, sum(rows_there) as rows_there from mart_weight group by all
    ) as m using (period_id)
    left join cover_weight as c using (period_id)
    where
        coalesce(f.usd, 0) <> coalesce(m.usd, 0) or coalesce(f.local, 0) <> coalesce(m.local, 0)
        or coalesce(c.rows_there, 0) <> coalesce(m.rows_there, 0)
),

-- In the months that are left: the sums of facts, the rows that the marts must have by them, and those that they have.
cell as (
    select p.period_id, f.partner_code, c.category_id, sum(f.value_usd) as usd, sum(f.value_local) as local
    from fct_trade_monthly as f
    inner join suspect as p using (source, reporter, flow, month)
    inner join code_category as c using (source, commodity_code)
    group by all
    union all
    select p.period_id, 'all', c.category_id, sum(a.value) filter (where a.currency = 'USD'),
        sum(a.value) filter (where a.currency <> 'USD')
    from all_partners as a
    inner join suspect as p using (source, reporter, flow, month)
    inner join code_category as c using (source, commodity_code)
    group by all
),

due as (
    select p.period_id, v.partner_code, g.category_scheme, g.category_id, true as is_due,
        if(v.covered_usd, coalesce(c.usd, 0), null) as usd, if(v.covered_local, coalesce(c.local, 0), null) as local
    from int_series_coverage as v
    inner join suspect as p using (source, reporter, flow, month)
    inner join category as g using (category_scheme, category_code)
    left join cell as c using (period_id, partner_code, category_id)
    left join series as s using (stream_id, partner_code, category_id)
    where
        (v.covered_usd or v.covered_local)
        and (p.month >= s.first_month or (v.covered_usd and c.usd > 0) or (v.covered_local and c.local > 0))
),

-- A row that stands twice has twice its value.
there as (
    select p.period_id, m.partner_code, g.category_scheme, g.category_id, true as is_there,
        sum(m.value_usd) as usd, sum(m.value_local) as local
    from mart as m
    inner join suspect as p using (source, reporter, flow, month)
    inner join category as g using (category_scheme, category_code)
    group by all
),

judged as (
    select period_id, category_scheme, partner_code = 'all' as is_whole, count(*) as n,
        count(*) filter (where d.is_due is null or t.is_there is null or d.usd is distinct from t.usd) as n_usd,
        count(*) filter (where d.is_due is null or t.is_there is null or d.local is distinct from t.local) as n_local
    from due as d
    full join there as t using (period_id, partner_code, category_scheme, category_id)
    group by all
    union all by name
    select period_id, category_scheme, is_whole, n, 0 as n_usd, 0 as n_local
    from mart_weight
    anti join suspect using (period_id)
),

fact_to_mart as (
    select
        p.source,
        p.reporter,
        p.flow,
        p.month,
        if(j.is_whole, 'mart_category_monthly', 'mart_partner_category_monthly') as table_name,
        unnest(['value_usd', 'value_local']) as column_name,
        format('{} = fact over its own cells, scheme {}', table_name, j.category_scheme) as scope,
        'rows with another ' || column_name as measure,
        0 as expected,
        -- Sums that differ without a row that does are not understood, and must not pass.
        unnest([n_usd, n_local])
        + if(x.period_id is not null and sum(n_usd + n_local) over (partition by p.period_id) = 0, 1, 0) as actual,
        n as n_compared
    from judged as j
    inner join period as p using (period_id)
    left join suspect as x using (period_id)
),

-- Trade that no covered category shows: listed, since a reader of the marts will not find it. Where the category of all
-- codes is covered there is none.
whole as (
    select distinct source, reporter, flow, month, partner_code
    from int_series_coverage
    inner join category_prefix using (source, category_scheme, category_code)
    where hs_prefix = '' and (covered_usd or covered_local)
),

traded as (
    select source, reporter, flow, month, partner_code, commodity_code, value_usd, value_local from fct_trade_monthly
    union all
    select source, reporter, flow, month, 'all', commodity_code, value_usd, value_local from fct_trade_world_monthly
),

whole_month as (
    select distinct source, reporter, flow, month from coverage where partner_code = '*' and hs_prefix = ''
),

elsewhere as (
    select * from traded
    anti join whole_month using (source, reporter, flow, month)
    anti join whole using (source, reporter, flow, month, partner_code)
),

seen as (
    select distinct f.source, f.reporter, f.flow, f.month, f.partner_code, f.commodity_code
    from elsewhere as f
    inner join code_category as k using (source, commodity_code)
    inner join category as g using (category_id)
    inner join int_series_coverage as c
        using (source, reporter, flow, month, partner_code, category_scheme, category_code)
    where c.covered_usd or c.covered_local
),

unseen as (
    select source, reporter, flow, month, partner_code = 'all' as is_world, count(*) as cells,
        coalesce(sum(value_usd), 0) as usd, coalesce(sum(value_local), 0) as local,
        string_agg(distinct left(commodity_code, 4), ', ' order by left(commodity_code, 4)) as codes
    from elsewhere
    anti join seen using (source, reporter, flow, month, partner_code, commodity_code)
    group by all
),

final as (
    select *, null as table_name, null as column_name, null as reason from received_to_raw
    union all by name
    select *, if(scope like '% all partners together %', 'fct_trade_world_monthly', 'fct_trade_monthly') as table_name,
        if(starts_with(measure, 'rows'), 'source_rows', split_part(measure, ' ', 1)) as column_name
    from raw_to_fact
    union all by name
    select * from nothing_traded
    union all by name
    select * from fact_to_mart
    union all by name
    select
        u.source, u.reporter, u.flow, u.month,
        'trade in no covered category' || if(is_world, ', all partners together', '') as scope, 'cells' as measure,
        null as expected, cells as actual, 0 as n_compared,
        format('{} cells (USD {:,}, {} {:,}) of headings {} lie in no category that is covered whole', cells,
            usd::bigint, coalesce(o.local_currency, 'local'), local::bigint, codes) as reason
    from unseen as u
    inner join dim_source as o using (source)
)

select *, source || ' ' || flow as dataset, 0 as tolerance, 'block' as severity, 'docs/decisions.md' as reference from final
