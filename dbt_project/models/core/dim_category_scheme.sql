select
    category_scheme,
    scheme_name,
    scheme_version,
    reviewed_on,
    leaves_out
from {{ ref('category_schemes') }}
