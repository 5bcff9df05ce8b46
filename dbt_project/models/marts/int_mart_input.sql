-- One fingerprint a month of everything that marts are made of in that month: sums, coverage, names.
with sums as (
    select
        month,
        hash(s)::hugeint as fingerprint
    from {{ ref('int_partner_category_month') }} as s  -- noqa: AL05
    union all
    select
        month,
        hash(s)::hugeint as fingerprint
    from {{ ref('int_category_month') }} as s  -- noqa: AL05
),

coverage as (
    select
        month,
        hash(s)::hugeint as fingerprint
    from {{ ref('int_coverage') }} as s  -- noqa: AL05
),

monthly as (
    select * from sums
    union all
    select * from coverage
),

-- A reviewed name or category is shown in every month.
named as (
    select hash(partner_code, partner_name, partner_iso3)::hugeint as fingerprint from {{ ref('dim_partner') }}
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
        m.month,
        (sum(m.fingerprint) + any_value(n.fingerprint))::varchar as fingerprint
    from monthly as m
    cross join names as n
    group by m.month
)

select * from final
