-- depends_on: {{ source('raw', 'comtrade_annual') }}
select
    receipt_id,
    parser_version,
    line,
    reporter,
    flow,
    partner_code,
    hs,
    period_from,
    period_to,
    classification,
    value,
    half_unit
from read_parquet('~/raw/comtrade_annual/*.parquet')
