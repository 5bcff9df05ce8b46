-- How each series stood from which vintage on, of months with receipts of more than one: a running sum of what receipts
-- bring and take away. Cells (scheme commodity_code) only where they have changed.
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
        commodity_code,
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
        commodity_code,
        currency,
        value,
        if(feeds = 'partner', greatest(known_from, every_partner_from), known_from) as known_from,
        if(feeds = 'partner', known_to, least(known_to, every_partner_from)) as known_to
    from printed
    where feeds = 'world' or every_partner_from is not null
),

classed as (
    select
        c.*,
        l.category_scheme,
        l.category_code
    from contribution as c
    inner join {{ ref('int_line_category') }} as l
        on c.source = l.source and c.commodity_code = l.commodity_code and year(c.month) = l.year
    where {{ in_stale_category('l') }}
    union all
    select
        *,
        'line' as category_scheme,
        commodity_code as category_code
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
        unnest(if(currency = 'USD', [value, -value], [0, 0])) as added_usd,
        unnest(if(currency <> 'USD', [value, -value], [0, 0])) as added_local
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
        min(covered_from) filter (where currency <> 'USD') as local_from
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
    where category_scheme <> 'line'
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
    where {{ in_stale_category('s') }}
),

covered as (
    select
        s.*,
        coalesce(own.usd_from, w.usd_from) as usd_from,
        coalesce(own.local_from, w.local_from) as local_from
    from series_month as s
    left join category_cover as own
        using (source, reporter, flow, month, partner_code, category_scheme, category_code)
    left join category_cover as w
        on
            s.source = w.source and s.reporter = w.reporter and s.flow = w.flow
            and if(s.partner_code <> 'all', s.month, null) = w.month and w.partner_code = '*'
            and s.category_scheme = w.category_scheme and s.category_code = w.category_code
    union all
    select
        source,
        reporter,
        flow,
        month,
        partner_code,
        'line' as category_scheme,
        commodity_code as category_code,
        min(covered_from) filter (where currency = 'USD') as usd_from,
        min(covered_from) filter (where currency <> 'USD') as local_from
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
        added_usd,
        added_local
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
        unnest([usd_from, local_from]) as known_from,
        0 as added_usd,
        0 as added_local
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
        sum(added_usd) as added_usd,
        sum(added_local) as added_local
    from point
    where known_from is not null
    group by all
),

stood as (
    select
        s.* exclude (s.added_usd, s.added_local),
        if(c.usd_from <= s.known_from, sum(s.added_usd) over so_far, null)::bigint as value_usd,
        if(c.local_from <= s.known_from, sum(s.added_local) over so_far, null)::bigint as value_local
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
        lag(value_local) over series_of_prints as local_before
    from stood
    where value_usd is not null or value_local is not null
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
    where value_usd is distinct from usd_before or value_local is distinct from local_before
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
        value_local
    from changed
    where category_scheme <> 'line' or known_to is not null or usd_before is not null or local_before is not null
)

select * from final
