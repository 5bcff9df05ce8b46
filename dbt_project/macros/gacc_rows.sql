{# Rows of files in the layout of China's customs, from the folder of one source. #}
{% macro gacc_rows(source_name) -%}
select
    receipt_id,
    parser_version,
    source,
    reporter,
    flow,
    currency,
    month,
    line,
    hs_code,
    hs_name as commodity_as_printed,
    partner_code,
    regime_code,
    province_code,
    -- A quantity without a unit is printed as 0 and means absent, not zero.
    if(unit_1 is null and quantity_1 = 0, null, quantity_1) as quantity_1,
    unit_1 as unit_1_as_printed,
    if(unit_2 is null and quantity_2 = 0, null, quantity_2) as quantity_2,
    unit_2 as unit_2_as_printed,
    value,
    -- Customs print no weight beside the quantities.
    null::bigint as net_weight_kg,
    null::boolean as weight_is_estimated
from read_parquet('~/raw/{{ source_name }}/**/*.parquet', hive_partitioning = false)
{%- endmacro %}
