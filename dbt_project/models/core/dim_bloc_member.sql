select
    bloc_code,
    bloc_name,
    partner_iso3,
    valid_from,
    valid_to,
    reference,
    {{ is_synthetic() }} as is_synthetic
from {{ ref('bloc_members') }}
