-- depends_on: {{ source('landing', 'own_scheme') }}
select
    category_scheme,
    scheme_name,
    leaves_out,
    threshold_usd,
    threshold_reason
from read_parquet('~/warehouse/landing/own_scheme.parquet')
