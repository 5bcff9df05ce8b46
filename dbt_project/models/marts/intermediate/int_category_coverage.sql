-- Which categories are covered whole, per stream, month and currency: for every partner ('*'), for all partners
-- together ('all': every partner, or a world file), and for each partner that some receipt names. `missing` lists the
-- prefixes that nobody received.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_categories'
) }}

with coverage as (
    select * from {{ ref('int_coverage') }}
),

stream_month as (
    select
        source,
        reporter,
        flow,
        unnest(generate_series(first_month, last_month, interval 1 month))::date as month
    from {{ ref('stg_landing__span') }}
),

{% if is_incremental() -%}
held as (
    select distinct
        source,
        reporter,
        flow,
        category_scheme,
        category_code
    from {{ this }}
    where not {{ is_stale('month') }}
),

category as (
    select distinct
        s.source,
        s.reporter,
        s.flow,
        s.category_scheme,
        s.category_code,
        h.source is null as is_new
    from {{ ref('int_series') }} as s
    left join held as h using (source, reporter, flow, category_scheme, category_code)
    where {{ in_stale_category('s') }}
),
{%- else -%}
category as (
    select distinct
        source,
        reporter,
        flow,
        category_scheme,
        category_code,
        true as is_new
    from {{ ref('int_series') }}
),
{%- endif %}

required as (
    select
        c.source,
        c.reporter,
        c.flow,
        c.category_scheme,
        c.category_code,
        c.is_new,
        r.hs_prefix,
        r.required_from,
        r.required_to
    from category as c
    inner join {{ ref('int_category_requirement') }} as r
        on c.source = r.source and c.category_scheme = r.category_scheme and c.category_code = r.category_code
),

prefix as (
    select distinct
        source,
        reporter,
        flow,
        hs_prefix
    from required
),

-- Required prefixes that a receipt contains, for '*', 'world' or a named partner.
contained as (
    select distinct
        v.source,
        v.reporter,
        v.flow,
        v.currency,
        v.month,
        v.partner_code,
        p.hs_prefix
    from coverage as v
    inner join prefix as p
        on v.source = p.source and v.reporter = p.reporter and v.flow = p.flow and starts_with(p.hs_prefix, v.hs_prefix)
),

partner as (
    select
        source,
        reporter,
        flow,
        month,
        unnest(['*', 'all']) as partner_code
    from stream_month
    union
    select
        source,
        reporter,
        flow,
        month,
        partner_code
    from coverage
    where feeds = 'partner'
),

-- A named partner has what is received for it and what is received for every partner.
received as (
    select
        source,
        reporter,
        flow,
        currency,
        month,
        partner_code,
        hs_prefix
    from contained
    where partner_code <> 'world'
    union all
    select
        source,
        reporter,
        flow,
        currency,
        month,
        'all' as partner_code,
        hs_prefix
    from contained
    where partner_code in ('*', 'world')
    union all
    select
        c.source,
        c.reporter,
        c.flow,
        c.currency,
        c.month,
        p.partner_code,
        c.hs_prefix
    from contained as c
    inner join partner as p
        on
            c.source = p.source and c.reporter = p.reporter and c.flow = p.flow and c.month = p.month
            and p.partner_code not in ('*', 'all')
    where c.partner_code = '*'
),

judged as (
    select
        r.source,
        r.reporter,
        r.flow,
        p.month,
        p.partner_code,
        r.category_scheme,
        r.category_code,
        r.hs_prefix,
        coalesce(bool_or(c.currency = 'USD'), false) as has_usd,
        coalesce(bool_or(c.currency <> 'USD'), false) as has_local
    from partner as p
    inner join required as r
        on
            p.source = r.source and p.reporter = r.reporter and p.flow = r.flow
            and p.month between r.required_from and r.required_to
    left join received as c
        on
            p.source = c.source and p.reporter = c.reporter and p.flow = c.flow and p.month = c.month
            and p.partner_code = c.partner_code and r.hs_prefix = c.hs_prefix
    where r.is_new or {{ is_stale('p.month', by_category=false) }}
    group by all
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
        bool_and(has_usd) as covered_usd,
        bool_and(has_local) as covered_local,
        bool_or(has_usd or has_local) as has_any,
        count(*) as n_required,
        string_agg(hs_prefix, ', ' order by hs_prefix) filter (where not has_usd and not has_local) as missing
    from judged
    group by all
)

select * from final
