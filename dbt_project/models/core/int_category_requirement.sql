-- What must be covered for a category to be whole. All goods need every chapter (docs/rules.md, rule 2): 01-76,
-- 78-98, and from 2021 on 99; longer prefixes never add up to a shorter one.
with prefix as (
    select * from {{ ref('int_category_prefix') }}
),

chapter as (
    select unnest(range(1, 100)) as chapter
),

final as (
    select
        category_scheme,
        category_code,
        hs_prefix,
        date '2015-01-01' as required_from
    from prefix
    where hs_prefix <> ''

    union all

    select
        p.category_scheme,
        p.category_code,
        printf('%02d', c.chapter) as hs_prefix,
        if(c.chapter = 99, date '2021-01-01', date '2015-01-01') as required_from
    from prefix as p
    cross join chapter as c
    where p.hs_prefix = '' and c.chapter <> 77
)

select * from final
