{{ config(materialized='incremental', incremental_strategy='replace_stale') }}

with regime as (
    select
        source,
        reporter,
        flow,
        month,
        partner_code,
        category_scheme,
        category_code,
        regime_code,
        value_usd,
        value_local
    from {{ ref('int_regime_category_month') }}
    where {{ is_stale('month') }}
),

every_partner as (
    select *
    from {{ ref('int_category_coverage') }}
    where partner_code = '*' and {{ is_stale('month') }}
),

{{ both_series(['value_usd', 'value_local'], is_stale('month')) }},

-- All partners together are the partners' rows where every partner is covered, else the world file's.
by_regime as (
    select *
    from regime
    where partner_code <> 'world'
    union all
    select
        r.source,
        r.reporter,
        r.flow,
        r.month,
        'all' as partner_code,
        r.category_scheme,
        r.category_code,
        r.regime_code,
        sum(r.value_usd) filter (where (r.partner_code = 'world') <> coalesce(c.covered_usd, false))::bigint
            as value_usd,
        sum(r.value_local) filter (where (r.partner_code = 'world') <> coalesce(c.covered_local, false))::bigint
            as value_local
    from regime as r
    left join every_partner as c using (source, reporter, flow, month, category_scheme, category_code)
    group by all
),

split as (
    select
        source,
        reporter,
        flow,
        month,
        partner_code,
        category_scheme,
        category_code,
        coalesce(sum(value_usd), 0) as split_usd,
        coalesce(sum(value_local), 0) as split_local
    from by_regime
    group by all
),

-- What lacks a part of the series' value is a split of that part only, and no share of it would be one of the series.
whole as (
    select
        s.*,
        p.split_usd = s.value_usd as is_split_usd,
        p.split_local = s.value_local as is_split_local
    from series as s
    inner join split as p using (source, reporter, flow, month, partner_code, category_scheme, category_code)
),

final as (
    select
        w.source,
        w.reporter,
        w.flow,
        w.month,
        w.partner_code,
        w.partner_iso3,
        w.partner_name,
        w.category_scheme,
        w.category_code,
        w.category_name,
        r.regime_code,
        g.regime_name,
        if(w.is_split_usd, coalesce(r.value_usd, 0), null) as value_usd,
        if(w.is_split_local, coalesce(r.value_local, 0), null) as value_local,
        o.local_currency,
        if(w.is_split_usd, coalesce(r.value_usd, 0) / nullif(w.value_usd, 0)::double, null) as regime_share_usd,
        if(w.is_split_local, coalesce(r.value_local, 0) / nullif(w.value_local, 0)::double, null) as regime_share_local,
        w.is_synthetic
    from by_regime as r
    inner join whole as w using (source, reporter, flow, month, partner_code, category_scheme, category_code)
    left join {{ ref('dim_source') }} as o on r.source = o.source
    left join {{ ref('dim_regime') }} as g on r.regime_code = g.regime_code
    where (w.is_split_usd and r.value_usd > 0) or (w.is_split_local and r.value_local > 0)
)

select * from final
