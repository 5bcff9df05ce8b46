-- depends_on: {{ source('landing', 'own_category') }}
select
    category_scheme,
    category_code,
    category_name,
    hs_prefixes,
    code_system,
    leaves_out
from read_parquet('~/warehouse/landing/own_category.parquet')
