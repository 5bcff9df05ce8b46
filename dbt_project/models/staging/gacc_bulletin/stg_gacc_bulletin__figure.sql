-- depends_on: {{ source('raw', 'gacc_bulletin') }}
select
    receipt_id,
    parser_version,
    line,
    row_label,
    column_label,
    flow,
    regime_group,
    period_from,
    period_to,
    replace(measure, 'value_cny', 'value_local') as measure,
    printed,
    value,
    half_unit,
    unit_as_printed,
    unit
from read_parquet('~/raw/gacc_bulletin/*.parquet')
