{{ config(
    materialized='incremental',
    incremental_strategy='replace_months',
    pre_hook="{{ refuse_window_on_first_build() }}"
) }}

with rows_that_count as (
    select * from {{ ref('int_counted_row') }}
),

row_winner as (
    select * from {{ ref('int_row_winner') }}
),

{{ trade_fact('world') }}

select * from final
