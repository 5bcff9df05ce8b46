-- depends_on: {{ source('raw', 'gacc_nomenclature') }}
select
    receipt_id,
    parser_version,
    list as code_list,
    year,
    language,
    line,
    code,
    name,
    unit_1_code,
    unit_1 as unit_1_as_printed,
    unit_2_code,
    unit_2 as unit_2_as_printed
from read_parquet('~/raw/gacc_nomenclature/*.parquet')
