-- What must be covered for a category to be whole, by source, and from when to when its tariff has it. All goods need
-- every chapter (docs/rules.md, rule 2); longer prefixes never add up to a shorter one.
with prefix as (
    select * from {{ ref('int_category_prefix') }}
),

prefix_years as (
    select * from {{ ref('category_prefix_years') }}
    union all
    select * from {{ ref('stg_landing__own_prefix_years') }}
),

final as (
    select
        p.source,
        p.category_scheme,
        p.category_code,
        p.hs_prefix,
        greatest(make_date(coalesce(y.first_year, 1), 1, 1), o.first_month) as required_from,
        make_date(coalesce(y.last_year, 9999), 12, 1) as required_to
    from prefix as p
    inner join {{ ref('dim_source') }} as o on p.source = o.source
    left join prefix_years as y
        on p.category_scheme = y.category_scheme and p.category_code = y.category_code and p.hs_prefix = y.hs_prefix
    where p.hs_prefix <> ''

    union all

    select
        p.source,
        p.category_scheme,
        p.category_code,
        c.chapter as hs_prefix,
        make_date(c.first_year, 1, 1) as required_from,
        date '9999-12-01' as required_to
    from prefix as p
    inner join {{ ref('stg_landing__chapter') }} as c on p.source = c.source
    where p.hs_prefix = ''
)

select * from final
