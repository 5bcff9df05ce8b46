-- depends_on: {{ source('raw', 'exchange_rates') }}
select
    receipt_id,
    parser_version,
    line,
    month,
    cny_per_usd,
    printed
-- Files of an earlier parser, which do not count, have no text.
from read_parquet('~/raw/exchange_rates/*.parquet', union_by_name = true)
