-- Every month that some stream spans, covered or not, with a fingerprint of all that marts show of it.
with stream as (
    select
        source,
        reporter,
        flow,
        min(month) as first_month,
        max(month) as last_month
    from {{ ref('int_coverage') }}
    group by all
),

-- A month that no receipt covers is in the marts' coverage if its stream spans it.
spanned as (
    select
        unnest(generate_series(first_month, last_month, interval 1 month))::date as month,
        hash(source, reporter, flow)::hugeint as fingerprint
    from stream
),

-- A reviewed name or category is shown in every month.
named as (
    select hash(partner_code, partner_name, partner_iso3)::hugeint as fingerprint from {{ ref('dim_partner') }}
    union all
    select hash(regime_code, regime_name)::hugeint as fingerprint from {{ ref('dim_regime') }}
    union all
    select hash(hs_code, name)::hugeint as fingerprint from {{ ref('hs_headings') }}
    union all
    select hash(category_scheme, category_code, category_name)::hugeint as fingerprint from {{ ref('categories') }}
),

names as (
    select sum(fingerprint) as fingerprint from named
),

final as (
    select
        s.month,
        concat_ws(' ', i.fingerprint, sum(s.fingerprint)::varchar, n.fingerprint::varchar) as fingerprint
    from spanned as s
    cross join names as n
    left join {{ ref('int_mart_input') }} as i on s.month = i.month
    group by s.month, i.fingerprint, n.fingerprint
)

select * from final
