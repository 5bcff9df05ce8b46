-- depends_on: {{ source('landing', 'own_prefix_years') }}
select
    category_scheme,
    category_code,
    hs_prefix,
    first_year,
    last_year
from read_parquet('~/warehouse/landing/own_prefix_years.parquet')
