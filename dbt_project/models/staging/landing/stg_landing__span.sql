-- depends_on: {{ source('landing', 'span') }}
select
    source,
    reporter,
    flow,
    first_month,
    last_month
from read_parquet('~/warehouse/landing/span.parquet')
