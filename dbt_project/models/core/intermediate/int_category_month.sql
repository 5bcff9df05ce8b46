-- Sums over each category's cells, all partners together, China's own re-imports (142) included. For each line and
-- currency the partners' rows count where all partners are covered, else the world file (docs/rules.md, rule 4).
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

world as (
    select *
    from {{ ref('fct_trade_world_monthly') }}
    where {{ in_window('month') }} and {{ of_stale_category('commodity_code') }}
),

coverage as (
    select * from {{ ref('int_coverage') }}
),

{{ whole_lines('fact', 'world', 'coverage', weights=true) }},

{{ category_sums('cell', ['source', 'reporter', 'flow', 'month'], weights=true) }}

select * from final
