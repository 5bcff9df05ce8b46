-- depends_on: {{ source('raw', 'comtrade') }}
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
    null::varchar as commodity_as_printed,
    partner_code,
    null::varchar as regime_code,
    null::varchar as province_code,
    -- A quantity without a unit is printed as 0 or not at all, and means absent.
    if(qty_unit is null, null, round(qty))::bigint as quantity_1,
    qty_unit as unit_1_as_printed,
    if(alt_qty_unit is null, null, round(alt_qty))::bigint as quantity_2,
    alt_qty_unit as unit_2_as_printed,
    round(primary_value)::bigint as value,
    -- Nothing weighs nothing: 0 beside a value is a weight that nobody knows.
    if(net_weight = 0 and primary_value > 0, null, round(net_weight))::bigint as net_weight_kg,
    if(net_weight_kg is null, null, is_net_weight_estimated) as weight_is_estimated
from read_parquet('~/raw/comtrade/**/*.parquet', hive_partitioning = false)
