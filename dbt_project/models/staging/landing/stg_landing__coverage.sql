-- depends_on: {{ source('landing', 'coverage') }}
select
    receipt_id,
    precedence,
    feeds,
    source,
    reporter,
    flow,
    currency,
    month,
    partner_code,
    hs_prefix
from read_parquet('~/warehouse/landing/coverage.parquet')
