-- The categories that somebody chose: the reviewed ones and the home's own. Chapters, headings and six-digit codes
-- follow from the tariff itself.
select
    category_scheme,
    category_code,
    category_name,
    coalesce(hs_prefixes, '') as hs_prefixes,
    code_system,
    leaves_out
from {{ ref('categories') }}
union all
select
    category_scheme,
    category_code,
    category_name,
    hs_prefixes,
    code_system,
    leaves_out
from {{ ref('stg_landing__own_category') }}
