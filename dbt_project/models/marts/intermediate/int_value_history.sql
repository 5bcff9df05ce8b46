-- How each series stood from which vintage on, of months with receipts of more than one: a running sum of what receipts
-- bring and take away. Cells (scheme hs8) only where they have changed.
{{ config(materialized='incremental', incremental_strategy='replace_stale') }}

with {{ printed_cells() }},

-- All partners together are the partners' rows from when on every partner is covered, before that the world file.
contribution as (
    select
        source,
        reporter,
        flow,
        month,
        partner_code,
        hs8,
        currency,
        value,
        known_from,
        known_to
    from printed
    where feeds = 'partner'
    union all
    select
        source,
        reporter,
        flow,
        month,
        'all' as partner_code,
        hs8,
        currency,
        value,
        if(feeds = 'partner', greatest(known_from, every_partner_from), known_from) as known_from,
        if(feeds = 'partner', known_to, least(known_to, every_partner_from)) as known_to
    from printed
    where feeds = 'world' or every_partner_from is not null
),

printed_line as (
    select distinct hs8 from printed
),

line_category as (
    select
        c.hs8,
        p.category_scheme,
        p.category_code
    from printed_line as c
    inner join {{ ref('int_category_prefix') }} as p on starts_with(c.hs8, p.hs_prefix)
),

classed as (
    select
        c.*,
        l.category_scheme,
        l.category_code
    from contribution as c
    inner join line_category as l on c.hs8 = l.hs8
    union all
    select
        *,
        'hs8' as category_scheme,
        hs8 as category_code
    from contribution
    where partner_code <> 'all'
),

change as (
    select
        source,
        reporter,
        flow,
        month,
        partner_code,
        category_scheme,
        category_code,
        unnest([known_from, known_to]) as known_from,
        unnest(if(currency = 'USD', [value, -value], [0, 0])) as usd,
        unnest(if(currency = 'CNY', [value, -value], [0, 0])) as cny
    from classed
    where known_to is null or known_to > known_from
),

category_cover as (
    select
        source,
        reporter,
        flow,
        month,
        partner_code,
        category_scheme,
        category_code,
        min(covered_from) filter (where currency = 'USD') as usd_from,
        min(covered_from) filter (where currency = 'CNY') as cny_from
    from {{ ref('int_covered_from') }}
    where {{ is_stale('month') }}
    group by all
),

covered_month as (
    select distinct
        source,
        reporter,
        flow,
        month
    from category_cover
),

-- Every series that has begun, with or without trade in the month, and those that a receipt printed once; and cells.
series_month as (
    select distinct
        source,
        reporter,
        flow,
        month,
        partner_code,
        category_scheme,
        category_code
    from change
    where category_scheme <> 'hs8'
    union
    select
        s.source,
        s.reporter,
        s.flow,
        m.month,
        s.partner_code,
        s.category_scheme,
        s.category_code
    from {{ ref('int_series_start') }} as s
    inner join covered_month as m
        on s.source = m.source and s.reporter = m.reporter and s.flow = m.flow and s.first_month <= m.month
),

covered as (
    select
        s.*,
        coalesce(own.usd_from, w.usd_from) as usd_from,
        coalesce(own.cny_from, w.cny_from) as cny_from
    from series_month as s
    left join category_cover as own
        using (source, reporter, flow, month, partner_code, category_scheme, category_code)
    left join category_cover as w
        on
            s.source = w.source and s.reporter = w.reporter and s.flow = w.flow and s.month = w.month
            and w.partner_code = '*' and s.partner_code <> 'all'
            and s.category_scheme = w.category_scheme and s.category_code = w.category_code
    union all
    select
        source,
        reporter,
        flow,
        month,
        partner_code,
        'hs8' as category_scheme,
        hs8 as category_code,
        min(covered_from) filter (where currency = 'USD') as usd_from,
        min(covered_from) filter (where currency = 'CNY') as cny_from
    from printed
    where feeds = 'partner'
    group by all
),

point as (
    select
        source,
        reporter,
        flow,
        month,
        partner_code,
        category_scheme,
        category_code,
        known_from,
        usd,
        cny
    from change
    where known_from is not null
    union all
    select
        source,
        reporter,
        flow,
        month,
        partner_code,
        category_scheme,
        category_code,
        unnest([usd_from, cny_from]) as known_from,
        0 as usd,
        0 as cny
    from covered
),

summed as (
    select
        source,
        reporter,
        flow,
        month,
        partner_code,
        category_scheme,
        category_code,
        known_from,
        sum(usd) as usd,
        sum(cny) as cny
    from point
    where known_from is not null
    group by all
),

stood as (
    select
        s.* exclude (s.usd, s.cny),
        if(c.usd_from <= s.known_from, sum(s.usd) over so_far, null)::bigint as value_usd,
        if(c.cny_from <= s.known_from, sum(s.cny) over so_far, null)::bigint as value_cny
    from summed as s
    inner join covered as c using (source, reporter, flow, month, partner_code, category_scheme, category_code)
    window so_far as (
        partition by
            s.source, s.reporter, s.flow, s.month, s.partner_code, s.category_scheme, s.category_code
        order by s.known_from
    )
),

compared as (
    select
        *,
        lag(value_usd) over series_of_prints as usd_before,
        lag(value_cny) over series_of_prints as cny_before
    from stood
    where value_usd is not null or value_cny is not null
    window series_of_prints as (
        partition by source, reporter, flow, month, partner_code, category_scheme, category_code order by known_from
    )
),

changed as (
    select
        *,
        lead(known_from) over (
            partition by source, reporter, flow, month, partner_code, category_scheme, category_code
            order by known_from
        ) as known_to
    from compared
    where value_usd is distinct from usd_before or value_cny is distinct from cny_before
),

final as (
    select
        source,
        reporter,
        flow,
        month,
        partner_code,
        category_scheme,
        category_code,
        known_from,
        known_to,
        value_usd,
        value_cny
    from changed
    where category_scheme <> 'hs8' or known_to is not null or usd_before is not null or cny_before is not null
)

select * from final
