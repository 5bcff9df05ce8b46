-- Printed rows of all sources in one shape. Whoever calls dbt tells it which sources there are
-- (orchestration/sources/catalogue.py).
{{ config(materialized='ephemeral') }}

{% for name in env_var('BONDED_TRADE_SOURCES').split(',') -%}
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
    commodity_as_printed,
    partner_code,
    regime_code,
    province_code,
    quantity_1,
    unit_1_as_printed,
    quantity_2,
    unit_2_as_printed,
    value,
    net_weight_kg,
    weight_is_estimated
from {{ ref('stg_' ~ name ~ '__trade') }}
{{ 'union all' if not loop.last }}
{% endfor %}
