-- Sums of the fact over each category's own cells: what marts look back on.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_months',
    pre_hook="{{ refuse_window_on_first_build() }}"
) }}

with fact as (
    select *
    from {{ ref('fct_trade_monthly') }}
    where {{ in_window('month') }}
),

category_prefix as (
    select * from {{ ref('int_category_prefix') }}
),

{{ category_sums('fact', 'category_prefix', ['source', 'reporter', 'flow', 'month', 'partner_code']) }}

select * from final
