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
    name
from read_parquet('{{ home() }}/warehouse/landing/document.parquet')
