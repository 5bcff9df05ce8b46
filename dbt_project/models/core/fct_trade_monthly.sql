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

month_winner as (
    select * from {{ ref('int_month_winner') }}
),

{{ trade_fact('partner') }}

select * from final
