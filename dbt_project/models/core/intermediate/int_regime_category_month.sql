-- Built after the facts, whose months it replaces with them: depends_on: {{ ref('fct_trade_monthly') }}
-- Sums over the reviewed categories by regime, of rows that feed a fact and carry one; those of world files under
-- 'world'. They need not be the whole category: what is received without regimes is not in here.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_months',
    pre_hook="{{ refuse_window_on_first_build() }}"
) }}

with counted as (
    select
        source,
        reporter,
        flow,
        month,
        partner_code,
        regime_code,
        hs_code as commodity_code,
        if(currency = 'USD', value, null) as value_usd,
        if(currency <> 'USD', value, null) as value_local,
        null::bigint as quantity_1,
        null::varchar as unit_1
    from {{ ref('int_counted_row') }}
    where
        quarantine_reason is null and regime_code is not null
        and {{ of_stale_category('hs_code') }}
),

{{ category_sums('counted',
    ['source', 'reporter', 'flow', 'month', 'partner_code', 'regime_code'], reviewed=true) }}

select * exclude (quantity, quantity_unit, n_lines) from final
