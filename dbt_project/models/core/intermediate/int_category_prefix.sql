-- One row a category and HS prefix that belongs to it; the empty prefix takes every code.
select
    category_scheme,
    category_code,
    unnest(string_split(hs_prefixes, ',')) as hs_prefix
from {{ ref('dim_category') }}
