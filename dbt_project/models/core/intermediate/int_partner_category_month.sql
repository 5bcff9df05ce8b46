-- Sums of the fact over each category's own cells: what marts look back on.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_months',
    pre_hook="{{ refuse_window_on_first_build() }}"
) }}

with fact as (
    select *
    from {{ ref('fct_trade_monthly') }}
    where {{ in_window('month') }} and {{ of_stale_category('commodity_code') }}
),

{{ category_sums('fact', ['source', 'reporter', 'flow', 'month', 'partner_code'], weights=true) }}

select * from final
