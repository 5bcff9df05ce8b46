-- depends_on: {{ source('landing', 'own_heading') }}
select hs_prefix
from read_parquet('~/warehouse/landing/own_heading.parquet')
