-- Which categories each line of each source belongs to, year by year: resolved here once, and joined by equality.
select
    l.source,
    l.commodity_code,
    l.year,
    p.category_scheme,
    p.category_code,
    c.category_code is not null as is_reviewed
from {{ ref('dim_commodity') }} as l
inner join {{ ref('int_category_prefix') }} as p
    on l.source = p.source and starts_with(l.commodity_code, p.hs_prefix)
left join {{ ref('int_chosen_category') }} as c
    on p.category_scheme = c.category_scheme and p.category_code = c.category_code
