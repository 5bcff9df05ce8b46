-- One row a source, category and HS prefix that belongs to it; the empty prefix takes every code. National lines belong
-- to the sources that print them alone.
select
    o.source,
    c.category_scheme,
    c.category_code,
    unnest(string_split(c.hs_prefixes, ',')) as hs_prefix
from {{ ref('dim_category') }} as c
cross join {{ ref('dim_source') }} as o
where c.code_system is null or c.code_system = o.code_system
