-- Which rows the marts can have, and why the others are not there.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_series'
) }}

with coverage as (
    select *
    from {{ ref('int_category_coverage') }}
    where {{ in_stale_category() }}
),

{% if is_incremental() -%}
-- Every series that is here has a row in the latest month that stays as it is.
kept_month as (
    select
        source,
        reporter,
        flow,
        category_scheme,
        category_code,
        max(month) as month
    from coverage
    where partner_code = '*' and not {{ is_stale('month') }}
    group by all
),

held as (
    select h.*
    from {{ this }} as h
    semi join kept_month as k
        on
            h.source = k.source and h.reporter = k.reporter and h.flow = k.flow and h.month = k.month
            and h.category_scheme = k.category_scheme and h.category_code = k.category_code
),

series as (
    select
        s.*,
        h.month is null as is_new
    from {{ ref('int_series') }} as s
    left join held as h using (source, reporter, flow, partner_code, category_scheme, category_code)
),
{%- else -%}
series as (
    select
        *,
        true as is_new
    from {{ ref('int_series') }}
),
{%- endif %}

-- Months of which some receipt of the stream says something.
received_month as (
    select distinct
        source,
        reporter,
        flow,
        month
    from {{ ref('int_coverage') }}
),

-- The partners for which a category is whole; a long list says no more than its length.
named as (
    select
        source,
        reporter,
        flow,
        month,
        category_scheme,
        category_code,
        if(
            count(*) <= 10,
            'partners ' || string_agg(partner_code, ', ' order by partner_code),
            count(*) || ' partners'
        ) as partners
    from coverage
    where partner_code not in ('*', 'all') and (covered_usd or covered_local)
    group by all
),

whole as (
    select
        s.source,
        s.reporter,
        s.flow,
        w.month,
        s.partner_code,
        s.category_scheme,
        s.category_code,
        w.covered_usd,
        w.covered_local,
        w.missing,
        w.n_required
    from series as s
    inner join coverage as w
        on
            s.source = w.source and s.reporter = w.reporter and s.flow = w.flow and w.partner_code = '*'
            and s.category_scheme = w.category_scheme and s.category_code = w.category_code
    where {{ is_stale('w.month') }}
    union all
    select
        s.source,
        s.reporter,
        s.flow,
        w.month,
        s.partner_code,
        s.category_scheme,
        s.category_code,
        w.covered_usd,
        w.covered_local,
        w.missing,
        w.n_required
    from series as s
    inner join coverage as w
        on
            s.source = w.source and s.reporter = w.reporter and s.flow = w.flow and w.partner_code = '*'
            and s.category_scheme = w.category_scheme and s.category_code = w.category_code
    where s.is_new and not {{ is_stale('w.month') }}
),

judged as (
    select
        whole.source,
        whole.reporter,
        whole.flow,
        whole.month,
        whole.partner_code,
        whole.category_scheme,
        whole.category_code,
        if(own.month is null, whole.covered_usd, own.covered_usd) as covered_usd,
        if(own.month is null, whole.covered_local, own.covered_local) as covered_local,
        if(own.month is null, whole.missing, own.missing) as missing,
        whole.n_required,
        r.month is not null as is_received,
        own.month is not null and whole.partner_code not in ('*', 'all') as is_named,
        whole.partner_code <> 'all' and (together.covered_usd or together.covered_local) as is_received_together,
        n.partners,
        o.local_currency,
        list_contains(string_split(o.currencies, ','), 'USD') as has_usd,
        o.is_synthetic
    from whole
    left join coverage as own using (source, reporter, flow, month, partner_code, category_scheme, category_code)
    left join coverage as together
        on
            whole.source = together.source and whole.reporter = together.reporter and whole.flow = together.flow
            and whole.month = together.month and together.partner_code = 'all'
            and whole.category_scheme = together.category_scheme and whole.category_code = together.category_code
    left join received_month as r
        on
            whole.source = r.source and whole.reporter = r.reporter and whole.flow = r.flow and whole.month = r.month
    left join named as n
        on
            whole.source = n.source and whole.reporter = n.reporter and whole.flow = n.flow and whole.month = n.month
            and whole.category_scheme = n.category_scheme and whole.category_code = n.category_code
    left join {{ ref('dim_source') }} as o on whole.source = o.source
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
        covered_usd,
        covered_local,
        case
            when (covered_usd or not has_usd) and (covered_local or local_currency is null) then null
            when covered_usd then 'not received in ' || local_currency
            when covered_local then 'not received in USD'
            when not is_received then 'no receipt covers this month'
            when missing is null then 'no currency covers all of its codes'
            when not is_named and partners is not null then 'received for ' || partners || ' only'
            when is_received_together then 'received for all partners together only'
            when len(string_split(missing, ', ')) = n_required and n_required > 1 then 'none of its codes received'
            else 'codes not received: ' || missing
        end as reason,
        -- A source is held back by the release, which says since when.
        null::date as held_back_since,
        is_synthetic
    from judged
)

select * from final
