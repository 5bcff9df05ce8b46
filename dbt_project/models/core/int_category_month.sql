-- Sums over each category's cells, all partners together, China's own re-imports (142) included. For each line and
-- currency the partners' rows count where all partners are covered, else the world file (docs/rules.md, rule 4).
{{ config(
    materialized='incremental',
    incremental_strategy='replace_months',
    pre_hook="{{ refuse_window_on_first_build() }}"
) }}

with by_partner as (
    select
        source,
        reporter,
        flow,
        month,
        hs8,
        sum(value_usd)::bigint as value_usd,
        sum(value_cny)::bigint as value_cny,
        {{ sum_quantity('quantity_1', 'unit_1') }} as quantity_1,
        {{ common_unit('quantity_1', 'unit_1') }} as unit_1
    from {{ ref('fct_trade_monthly') }}
    where {{ in_window('month') }}
    group by all
),

world as (
    select *
    from {{ ref('fct_trade_world_monthly') }}
    where {{ in_window('month') }}
),

line as (
    select
        source,
        reporter,
        flow,
        month,
        hs8
    from by_partner
    union
    select
        source,
        reporter,
        flow,
        month,
        hs8
    from world
),

-- Lines of which every partner is covered.
whole as (
    select
        l.source,
        l.reporter,
        l.flow,
        l.month,
        l.hs8,
        bool_or(v.currency = 'USD') as has_usd,
        bool_or(v.currency = 'CNY') as has_cny
    from line as l
    inner join {{ ref('int_coverage') }} as v
        on
            l.source = v.source and l.reporter = v.reporter and l.flow = v.flow and l.month = v.month
            and v.partner_code = '*' and starts_with(l.hs8, v.hs_prefix)
    group by all
),

cell as (
    select
        l.source,
        l.reporter,
        l.flow,
        l.month,
        l.hs8,
        if(a.has_usd, coalesce(p.value_usd, 0), w.value_usd) as value_usd,
        if(a.has_cny, coalesce(p.value_cny, 0), w.value_cny) as value_cny,
        if(a.hs8 is not null, p.quantity_1, w.quantity_1) as quantity_1,
        if(a.hs8 is not null, p.unit_1, w.unit_1) as unit_1
    from line as l
    left join whole as a using (source, reporter, flow, month, hs8)
    left join by_partner as p using (source, reporter, flow, month, hs8)
    left join world as w using (source, reporter, flow, month, hs8)
    where a.hs8 is not null or w.hs8 is not null
),

category_prefix as (
    select * from {{ ref('int_category_prefix') }}
),

{{ category_sums('cell', 'category_prefix', ['source', 'reporter', 'flow', 'month']) }}

select * from final
