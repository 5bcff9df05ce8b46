-- What must be covered for a category to be whole, and from when to when the tariff has it. All goods need every
-- chapter (docs/rules.md, rule 2): 01-76, 78-98, and from 2021 on 99; longer prefixes never add up to a shorter one.
with prefix as (
    select * from {{ ref('int_category_prefix') }}
),

prefix_years as (
    select * from {{ ref('category_prefix_years') }}
),

chapter as (
    select unnest(range(1, 100)) as chapter
),

final as (
    select
        p.category_scheme,
        p.category_code,
        p.hs_prefix,
        make_date(coalesce(y.first_year, 2015), 1, 1) as required_from,
        make_date(coalesce(y.last_year, 9999), 12, 1) as required_to
    from prefix as p
    left join prefix_years as y
        on p.category_scheme = y.category_scheme and p.category_code = y.category_code and p.hs_prefix = y.hs_prefix
    where p.hs_prefix <> ''

    union all

    select
        p.category_scheme,
        p.category_code,
        printf('%02d', c.chapter) as hs_prefix,
        if(c.chapter = 99, date '2021-01-01', date '2015-01-01') as required_from,
        date '9999-12-01' as required_to
    from prefix as p
    cross join chapter as c
    where p.hs_prefix = '' and c.chapter <> 77
)

select * from final
