{{ config(materialized='incremental', incremental_strategy='from_first_stale') }}

with covered as (
    select *
    from {{ ref('int_series_coverage') }}
    where partner_code = 'all'
),

sums as (
    select *
    from {{ ref('int_category_month') }}
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
    left join sums as s using (source, reporter, flow, month, category_scheme, category_code)
    where {{ look_back('c.month') }}
),

{{ category_series('spine') }},

final as (
    select
        r.*,
        null::varchar as partner_iso3,
        'All partners' as partner_name,
        d.category_name,
        o.local_currency,
        o.is_synthetic
    from with_ratios as r
    left join {{ ref('dim_source') }} as o on r.source = o.source
    left join {{ ref('dim_category') }} as d
        on r.category_scheme = d.category_scheme and r.category_code = d.category_code
    where {{ since_first_stale('r.month') }}
)

select {{ mart_columns() }} from final
