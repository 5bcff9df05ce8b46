-- depends_on: {{ source('raw', 'exchange_rates') }}
select
    receipt_id,
    parser_version,
    line,
    month,
    cny_per_usd
from read_parquet('~/raw/exchange_rates/*.parquet')
