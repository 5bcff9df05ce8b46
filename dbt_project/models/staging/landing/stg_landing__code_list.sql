-- depends_on: {{ source('landing', 'code_list') }}
select
    receipt_id,
    parser_version,
    precedence,
    list as code_list,
    year,
    language,
    vintage,
    name
from read_parquet('~/warehouse/landing/code_list.parquet')
