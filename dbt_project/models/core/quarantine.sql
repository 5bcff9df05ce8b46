{{ config(
    materialized='incremental',
    incremental_strategy='replace_months',
    pre_hook="{{ refuse_window_on_first_build() }}"
) }}

select
    receipt_id,
    line,
    source,
    reporter,
    flow,
    month,
    hs_code as hs8,
    nullif(partner_code, 'world') as partner_code,
    regime_code,
    if(currency = 'USD', value, null) as value_usd,
    if(currency = 'CNY', value, null) as value_cny,
    quarantine_reason as reason
from {{ ref('int_counted_row') }}
where quarantine_reason is not null
