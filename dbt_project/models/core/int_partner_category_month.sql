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

code as (
    select distinct hs8 from fact
),

membership as (
    select
        c.hs8,
        p.category_scheme,
        p.category_code
    from code as c
    inner join {{ ref('int_category_prefix') }} as p on starts_with(c.hs8, p.hs_prefix)
),

final as (
    select
        f.source,
        f.reporter,
        f.flow,
        f.month,
        f.partner_code,
        m.category_scheme,
        m.category_code,
        sum(f.value_usd)::bigint as value_usd,
        sum(f.value_cny)::bigint as value_cny,
        {{ sum_quantity('f.quantity_1', 'f.unit_1') }} as quantity,
        {{ common_unit('f.quantity_1', 'f.unit_1') }} as quantity_unit
    from fact as f
    inner join membership as m on f.hs8 = m.hs8
    group by all
)

select * from final
