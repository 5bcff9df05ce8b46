{{ config(materialized='incremental', incremental_strategy='from_first_stale') }}

with covered as (
    select *
    from {{ ref('int_series_coverage') }}
    where partner_code <> 'all'
),

sums as (
    select *
    from {{ ref('int_partner_category_month') }}
    where {{ look_back('month') }}
),

first_trade as (
    select
        *,
        row_number() over () as series_id
    from {{ ref('int_series_start') }}
),

spine as (
    select
        c.source,
        c.reporter,
        c.flow,
        c.month,
        c.partner_code,
        c.category_scheme,
        c.category_code,
        if(c.covered_usd, coalesce(s.value_usd, 0), null) as value_usd,
        if(c.covered_local, coalesce(s.value_local, 0), null) as value_local,
        if(s.month is null, 0, s.quantity) as quantity,
        s.quantity_unit,
        if(s.month is null, 0, s.n_lines) as n_lines,
        f.first_month,
        f.series_id
    from covered as c
    inner join first_trade as f using (source, reporter, flow, partner_code, category_scheme, category_code)
    left join sums as s using (source, reporter, flow, month, partner_code, category_scheme, category_code)
    where {{ look_back('c.month') }}
),

{{ category_series('spine') }},

final as (
    select
        r.*,
        p.partner_iso3,
        p.partner_name,
        d.category_name,
        r.value_usd / nullif(t.value_usd, 0)::double as partner_share_usd,
        r.value_local / nullif(t.value_local, 0)::double as partner_share_local,
        o.local_currency,
        o.is_synthetic
    from with_ratios as r
    left join {{ ref('dim_source') }} as o on r.source = o.source
    left join {{ ref('dim_partner') }} as p on r.source = p.source and r.partner_code = p.partner_code
    left join {{ ref('dim_category') }} as d
        on r.category_scheme = d.category_scheme and r.category_code = d.category_code
    left join {{ ref('mart_category_monthly') }} as t
        on
            r.source = t.source and r.reporter = t.reporter and r.flow = t.flow and r.month = t.month
            and r.category_scheme = t.category_scheme and r.category_code = t.category_code
    where {{ since_first_stale('r.month') }}
)

select {{ mart_columns(share=true) }} from final
