-- depends_on: {{ source('landing', 'document') }}
select
    receipt_id,
    parser_version,
    precedence,
    source,
    table_name,
    title,
    month,
    vintage,
    name,
    request
from read_parquet('~/warehouse/landing/document.parquet')
