-- Sums over the reviewed categories by regime, of rows that feed the partner fact and carry one. They need not be the
-- whole category: what is received without regimes is not in here.
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
        hs_code as hs8,
        if(currency = 'USD', value, null) as value_usd,
        if(currency = 'CNY', value, null) as value_cny,
        null::bigint as quantity_1,
        null::varchar as unit_1
    from {{ ref('int_counted_row') }}
    where feeds = 'partner' and quarantine_reason is null and regime_code is not null
),

category_prefix as (
    select p.*
    from {{ ref('int_category_prefix') }} as p
    semi join {{ ref('categories') }} as c
        on p.category_scheme = c.category_scheme and p.category_code = c.category_code
),

{{ category_sums('counted', 'category_prefix',
    ['source', 'reporter', 'flow', 'month', 'partner_code', 'regime_code']) }}

select * exclude (quantity, quantity_unit, n_lines) from final
