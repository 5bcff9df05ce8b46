select
    bloc_code,
    bloc_name,
    partner_code,
    valid_from,
    valid_to,
    reference
from {{ ref('bloc_members') }}
