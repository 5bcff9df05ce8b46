select
    partner_code,
    name_en as partner_name,
    name_zh as partner_name_zh,
    iso3 as partner_iso3,
    region,
    is_reimport,
    is_residual,
    note
from {{ ref('partners') }}
