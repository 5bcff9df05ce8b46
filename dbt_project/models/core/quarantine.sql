{{ config(
    materialized='incremental',
    incremental_strategy='replace_months',
    pre_hook="{{ refuse_window_on_first_build() }}"
) }}

select
    q.receipt_id,
    q.line,
    q.source,
    q.reporter,
    q.flow,
    q.month,
    q.hs_code as commodity_code,
    nullif(q.partner_code, 'world') as partner_code,
    q.regime_code,
    if(q.currency = 'USD', q.value, null) as value_usd,
    if(q.currency <> 'USD', q.value, null) as value_local,
    o.local_currency,
    q.quarantine_reason as reason,
    o.is_synthetic
from {{ ref('int_counted_row') }} as q
left join {{ ref('dim_source') }} as o on q.source = o.source
where q.quarantine_reason is not null
