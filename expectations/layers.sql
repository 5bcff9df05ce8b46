-- Compares: what was received with raw rows, raw rows that count with their fact + quarantine, and every mart row with
--           the facts over its own cells.
-- Window:   every stream and month that a receipt covers.
-- Tolerance: none. Counting is written here in another way than in the models, on purpose.
with stream_month as (
    select distinct source, reporter, flow, month, source || ' ' || flow as dataset from coverage
),

-- Raw files are written once and trusted by the models; what they hold must be what was seen at receiving.
received_to_raw as (
    select
        source || ' ' || flow as dataset,
        month,
        'received = raw, ' || receipt_id as scope,
        unnest(['rows', 'value_' || lower(currency)]) as measure,
        unnest([coalesce(s.rows, 0), coalesce(s.value, 0)]) as expected,
        unnest([coalesce(r.n, 0), coalesce(r.value, 0)]) as actual,
        coalesce(s.rows, 0) + 1 as n_compared
    from received as s
    full join (
        select receipt_id, month, count(*) as n, sum(value)::bigint as value from raw_row group by all
    ) as r using (receipt_id, month)
    inner join receipt using (receipt_id)
),

-- A value in another's cell leaves the sums of its month as they are. So each is also summed times a number that its
-- cell has (a large prime many).
counted as (
    select r.feeds, r.source, r.reporter, r.flow, r.month, r.currency, r.value,
        r.value * (hash(r.hs_code, coalesce(r.partner_code, 'world')) % 10007)::bigint as placed
    from raw_row as r
    where
        r.feeds <> 'check'
        and not exists (
            select 1 from coverage as later
            where
                later.feeds = r.feeds and later.source = r.source and later.reporter = r.reporter and later.flow = r.flow
                and later.currency = r.currency and later.month = r.month and later.precedence > r.precedence
                and later.partner_code in ('*', coalesce(r.partner_code, 'world')) and starts_with(r.hs_code, later.hs_prefix)
        )
),

expected as (
    select feeds, source, reporter, flow, month, 'value_' || lower(currency) as measure, sum(value) as value,
        sum(placed) as placed, count(*) as n
    from counted
    group by all
    union all
    select feeds, source, reporter, flow, month, 'rows' as measure, count(*) as value, 0, count(*) as n
    from counted
    group by all
),

built as (
    select 'partner' as feeds, source, reporter, flow, month, hs8, partner_code, value_usd, value_cny,
        source_rows as n_rows
    from fct_trade_monthly
    union all
    select 'world', source, reporter, flow, month, hs8, 'world', value_usd, value_cny, source_rows
    from fct_trade_world_monthly
    union all
    select r.feeds, q.source, q.reporter, q.flow, q.month, q.hs8, coalesce(q.partner_code, 'world'), q.value_usd,
        q.value_cny, 1 as n_rows
    from quarantine as q
    inner join receipt as r using (receipt_id)
),

summed_up as (
    select feeds, source, reporter, flow, month, sum(value_usd) as usd, sum(value_cny) as cny, sum(n_rows) as n,
        sum(value_usd * (hash(hs8, partner_code) % 10007)::bigint) as placed_usd,
        sum(value_cny * (hash(hs8, partner_code) % 10007)::bigint) as placed_cny
    from built
    group by all
),

actual as (
    select feeds, source, reporter, flow, month, unnest(['value_usd', 'value_cny', 'rows']) as measure,
        unnest([usd, cny, n]) as value, unnest([placed_usd, placed_cny, 0]) as placed
    from summed_up
),

both_sides as (
    select
        source || ' ' || flow as dataset,
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
    select dataset, month, scope, measure || ' that has moved to other cells' as measure, 0,
        if(expected = actual and is_moved, 1, 0), n_compared
    from both_sides
    where measure <> 'rows'
),

nothing_traded as (
    select s.dataset, s.month, 'raw rows = fact + quarantine' as scope, 'rows' as measure, 0 as expected, 0 as actual,
        1 as n_compared
    from stream_month as s
    anti join raw_to_fact as r on s.dataset = r.dataset and s.month = r.month
),

cell as (
    select f.source, f.reporter, f.flow, f.month, f.partner_code, c.category_scheme, c.category_code,
        sum(f.value_usd) as value_usd, sum(f.value_cny) as value_cny
    from fct_trade_monthly as f
    inner join category_prefix as c on starts_with(f.hs8, c.hs_prefix)
    group by all
),

summed as (
    select * from cell
    union all
    select a.source, a.reporter, a.flow, a.month, 'all' as partner_code, c.category_scheme, c.category_code,
        sum(a.value) filter (where a.currency = 'USD'), sum(a.value) filter (where a.currency = 'CNY')
    from all_partners as a
    inner join category_prefix as c on starts_with(a.hs8, c.hs_prefix)
    group by all
),

should as (
    select
        c.source, c.reporter, c.flow, c.month, c.partner_code, c.category_scheme, c.category_code,
        if(c.covered_usd, coalesce(s.value_usd, 0), null) as value_usd,
        if(c.covered_cny, coalesce(s.value_cny, 0), null) as value_cny,
        min(if(
            (c.covered_usd and s.value_usd > 0) or (c.covered_cny and s.value_cny > 0), c.month, null
        )) over (
            partition by c.source, c.reporter, c.flow, c.partner_code, c.category_scheme, c.category_code
        ) as first_month
    from mart_coverage as c
    left join summed as s using (source, reporter, flow, month, partner_code, category_scheme, category_code)
    where c.covered_usd or c.covered_cny
),

mart as (
    select source, reporter, flow, month, partner_code, category_scheme, category_code, value_usd, value_cny
    from mart_partner_category_monthly
    union all
    select source, reporter, flow, month, partner_code, category_scheme, category_code, value_usd, value_cny
    from mart_category_monthly
),

fact_to_mart as (
    select
        source || ' ' || flow as dataset,
        month,
        'mart rows = fact over their own cells, scheme ' || category_scheme as scope,
        'rows that differ' as measure,
        0 as expected,
        count(*) filter (
            where w.month is null or m.month is null or w.value_usd is distinct from m.value_usd
            or w.value_cny is distinct from m.value_cny
        ) as actual,
        count(*) as n_compared
    from (select * from should where month >= first_month) as w
    full join mart as m using (source, reporter, flow, month, partner_code, category_scheme, category_code)
    group by all
),

-- Trade that no covered category shows: listed, since a reader of the marts will not find it.
traded as (
    select source, reporter, flow, month, partner_code, hs8, value_usd, value_cny from fct_trade_monthly
    union all
    select source, reporter, flow, month, 'all', hs8, value_usd, value_cny from fct_trade_world_monthly
),

unseen as (
    select f.source, f.reporter, f.flow, f.month, f.partner_code = 'all' as is_world, count(*) as cells,
        coalesce(sum(f.value_usd), 0) as usd, coalesce(sum(f.value_cny), 0) as cny,
        string_agg(distinct left(f.hs8, 4), ', ' order by left(f.hs8, 4)) as codes
    from traded as f
    where not exists (
        select 1
        from mart_coverage as c
        inner join category_prefix as p using (category_scheme, category_code)
        where
            c.source = f.source and c.reporter = f.reporter and c.flow = f.flow and c.month = f.month
            and c.partner_code = f.partner_code and starts_with(f.hs8, p.hs_prefix)
            and (c.covered_usd or c.covered_cny)
    )
    group by all
),

final as (
    select *, null as reason from received_to_raw
    union all
    select *, null from raw_to_fact
    union all
    select *, null from nothing_traded
    union all
    select *, null from fact_to_mart
    union all
    select
        s.dataset, s.month,
        'trade in no covered category' || if(is_world, ', all partners together', '') as scope, 'cells' as measure,
        null, cells, 0,
        format('{} cells (USD {:,}, CNY {:,}) of headings {} lie in no category that is covered whole', cells,
            usd::bigint, cny::bigint, codes)
    from unseen as u
    inner join stream_month as s using (source, reporter, flow, month)
)

select *, 0 as tolerance, 'block' as severity, 'docs/decisions.md' as reference from final
