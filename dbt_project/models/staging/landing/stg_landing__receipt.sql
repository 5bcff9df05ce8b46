-- depends_on: {{ source('landing', 'receipt') }}
select
    receipt_id,
    sequence,
    precedence,
    parser_version,
    sha256,
    name,
    dataset,
    vintage,
    received_at,
    source,
    reporter,
    flow,
    currency,
    dimensions,
    code_length,
    regimes,
    provinces,
    grain,
    feeds,
    is_synthetic,
    request
from read_parquet('~/warehouse/landing/receipt.parquet')
