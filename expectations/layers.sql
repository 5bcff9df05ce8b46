-- Compares: what was received with raw rows, raw rows that count with their fact + quarantine, and every mart row with
--           the facts over its own cells.
-- Window:   every stream and month that a receipt covers.
-- Tolerance: none. Counting is written here in another way than in the models, on purpose.
with stream_month as (
    select distinct source, reporter, flow, month, source || ' ' || flow as dataset from coverage
),

raw_month as (
    select receipt_id, month, count(*) as n, sum(value)::bigint as value from raw_row group by all
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
    select receipt_id, month, n, value
    from raw_month
    anti join later_part using (receipt_id, month)
    union all
    select r.receipt_id, r.month, count(*), sum(r.value)
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
    select r.feeds, r.source, r.reporter, r.flow, c.month, m.measure, sum(m.value) as value, sum(c.n) as n
    from counted as c
    inner join receipt as r using (receipt_id)
    cross join lateral (values ('value_' || lower(r.currency), c.value), ('rows', c.n)) as m (measure, value)
    where r.feeds <> 'check'
    group by all
),

built as (
    select 'partner' as feeds, source, reporter, flow, month, value_usd, value_cny, source_rows as n_rows
    from fct_trade_monthly
    union all
    select 'world', source, reporter, flow, month, value_usd, value_cny, source_rows from fct_trade_world_monthly
    union all
    select r.feeds, q.source, q.reporter, q.flow, q.month, q.value_usd, q.value_cny, 1 as n_rows
    from quarantine as q
    inner join receipt as r using (receipt_id)
),

actual as (
    unpivot (
        select
            feeds,
            source,
            reporter,
            flow,
            month,
            sum(value_usd)::decimal(24, 6) as value_usd,
            sum(value_cny)::decimal(24, 6) as value_cny,
            sum(n_rows)::decimal(24, 6) as "rows"
        from built
        group by all
    ) on value_usd, value_cny, "rows" into name measure value value
),

raw_to_fact as (
    select
        source || ' ' || flow as dataset,
        month,
        if(feeds = 'world', 'raw rows of all partners together = world fact + quarantine', 'raw rows = fact + quarantine')
            as scope,
        measure,
        coalesce(e.value, 0) as expected,
        coalesce(a.value, 0) as actual,
        coalesce(e.n, 0) + 1 as n_compared
    from expected as e
    full join (select * from actual where value <> 0) as a using (feeds, source, reporter, flow, month, measure)
),

nothing_traded as (
    select s.dataset, s.month, 'raw rows = fact + quarantine' as scope, 'rows' as measure, 0 as expected, 0 as actual,
        1 as n_compared
    from stream_month as s
    anti join raw_to_fact as r on s.dataset = r.dataset and s.month = r.month
),

-- Rows of the marts are many: streams' months and categories go by numbers, so that strings are not compared.
mart as not materialized (
    select source, reporter, flow, month, partner_code, category_scheme, category_code, value_usd, value_cny
    from mart_partner_category_monthly
    union all
    select source, reporter, flow, month, partner_code, category_scheme, category_code, value_usd, value_cny
    from mart_category_monthly
),

period as (
    select *, row_number() over () as period_id, dense_rank() over (order by source, reporter, flow) as stream_id
    from (
        select distinct source, reporter, flow, month from mart_coverage
        union
        select distinct source, reporter, flow, month from mart
    ) as found
),

category as (
    select *, row_number() over () as category_id
    from (
        select distinct category_scheme, category_code from category_prefix
        union
        select distinct category_scheme, category_code from mart_coverage
        union
        select distinct category_scheme, category_code from mart
    ) as found
),

-- The lines of the tariff with a number for their heading. Most categories are made of whole headings, so that lines
-- are added up to these once.
line as (
    select hs8, left(hs8, 4) as heading, dense_rank() over (order by left(hs8, 4)) as heading_id
    from (
        select distinct hs8 from fct_trade_monthly
        union
        select distinct hs8 from fct_trade_world_monthly
    ) as found
),

code_category as (
    select f.hs8, f.heading_id, g.category_id, length(c.hs_prefix) <= 4 as is_of_headings
    from line as f
    inner join category_prefix as c on starts_with(f.hs8, c.hs_prefix)
    inner join category as g using (category_scheme, category_code)
),

heading_sum as not materialized (
    select p.period_id, f.partner_code, l.heading_id, sum(f.value_usd)::bigint as usd, sum(f.value_cny)::bigint as cny
    from fct_trade_monthly as f
    inner join period as p using (source, reporter, flow, month)
    inner join line as l using (hs8)
    group by all
),

-- What each side says of a row of the marts: facts and marts their value, the marts' with a minus, so that equal ones
-- add up to nothing; the coverage which currencies there must be. `says` has a bit for each of
--   1 USD covered, 2 CNY covered, 4 a mart row, 8 with USD, 16 with CNY
side as not materialized (
    select s.period_id, s.partner_code, c.category_id, 0 as says, s.usd, s.cny
    from heading_sum as s
    inner join (select distinct heading_id, category_id from code_category where is_of_headings) as c using (heading_id)
    union all
    select p.period_id, f.partner_code, c.category_id, 0, f.value_usd, f.value_cny
    from fct_trade_monthly as f
    inner join (select hs8, category_id from code_category where not is_of_headings) as c using (hs8)
    inner join period as p using (source, reporter, flow, month)
    union all
    select
        p.period_id, 'all', c.category_id, 0, if(a.currency = 'USD', a.value, null), if(a.currency = 'CNY', a.value, null)
    from all_partners as a
    inner join period as p using (source, reporter, flow, month)
    inner join code_category as c using (hs8)
    union all
    select p.period_id, v.partner_code, g.category_id, if(v.covered_usd, 1, 0) + if(v.covered_cny, 2, 0), null, null
    from mart_coverage as v
    left join period as p using (source, reporter, flow, month)
    left join category as g using (category_scheme, category_code)
    union all
    select
        p.period_id, m.partner_code, g.category_id,
        4 + if(m.value_usd is null, 0, 8) + if(m.value_cny is null, 0, 16), -m.value_usd, -m.value_cny
    from mart as m
    left join period as p using (source, reporter, flow, month)
    left join category as g using (category_scheme, category_code)
),

met as not materialized (
    select period_id, partner_code, category_id, bit_or(says) as says, sum(usd) as usd, sum(cny) as cny
    from side
    group by all
),

-- A series begins with its first trade. The marts may be asked for that: where they lack a month with trade it is
-- found missing, and where they have one without trade before, it is found too many.
series as (
    select p.stream_id, m.partner_code, g.category_id, min(m.month) as first_month
    from mart as m
    inner join period as p using (source, reporter, flow, month)
    inner join category as g using (category_scheme, category_code)
    where m.value_usd > 0 or m.value_cny > 0
    group by all
),

told as not materialized (
    select
        p.source, p.flow, p.month, m.category_id,
        (m.says & 4) > 0 as is_there,
        (m.says & 3) > 0 and (
            coalesce(p.month >= s.first_month, false) or ((m.says & 1) > 0 and coalesce(m.usd, 0) > 0)
            or ((m.says & 2) > 0 and coalesce(m.cny, 0) > 0)
        ) as must_be,
        ((m.says & 1) > 0) <> ((m.says & 8) > 0) or ((m.says & 2) > 0) <> ((m.says & 16) > 0)
        or ((m.says & 1) > 0 and m.usd <> 0) or ((m.says & 2) > 0 and m.cny <> 0) as differs
    from met as m
    left join period as p using (period_id)
    left join series as s using (stream_id, partner_code, category_id)
    where m.says > 0
),

fact_to_mart as not materialized (
    select
        t.source || ' ' || t.flow as dataset,
        t.month,
        'mart rows = fact over their own cells, scheme ' || g.category_scheme as scope,
        'rows that differ' as measure,
        0 as expected,
        count(*) filter (where t.is_there <> t.must_be or t.differs) as actual,
        count(*) as n_compared
    from told as t
    left join category as g using (category_id)
    where t.is_there or t.must_be
    group by all
),

-- Trade that no covered category shows: listed, since a reader of the marts will not find it. Where the category of all
-- codes is covered there is none.
whole as (
    select distinct source, reporter, flow, month, partner_code
    from mart_coverage
    inner join category_prefix using (category_scheme, category_code)
    where hs_prefix = '' and (covered_usd or covered_cny)
),

traded as (
    select source, reporter, flow, month, partner_code, hs8, value_usd, value_cny from fct_trade_monthly
    union all
    select source, reporter, flow, month, 'all', hs8, value_usd, value_cny from fct_trade_world_monthly
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
    select distinct f.source, f.reporter, f.flow, f.month, f.partner_code, f.hs8
    from elsewhere as f
    inner join code_category as k using (hs8)
    inner join category as g using (category_id)
    inner join mart_coverage as c
        using (source, reporter, flow, month, partner_code, category_scheme, category_code)
    where c.covered_usd or c.covered_cny
),

unseen as (
    select source, reporter, flow, month, partner_code = 'all' as is_world, count(*) as cells,
        coalesce(sum(value_usd), 0) as usd, coalesce(sum(value_cny), 0) as cny,
        string_agg(distinct left(hs8, 4), ', ' order by left(hs8, 4)) as codes
    from elsewhere
    anti join seen using (source, reporter, flow, month, partner_code, hs8)
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
