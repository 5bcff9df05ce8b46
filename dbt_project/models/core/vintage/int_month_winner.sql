-- The latest receipt of each month of a stream and currency. Where it has all codes of every partner it decides all
-- cells (docs/rules.md, rule 1); elsewhere they are decided one by one (int_row_winner).
{{ config(materialized='ephemeral') }}

with coverage as (
    select *
    from {{ ref('stg_landing__coverage') }}
    where feeds = 'partner' and {{ in_window('month') }}
),

final as (
    select
        source,
        reporter,
        flow,
        currency,
        month,
        max(precedence) as precedence,
        arg_max(receipt_id, precedence) as receipt_id,
        arg_max(partner_code = '*' and hs_prefix = '', precedence) as is_whole
    from coverage
    group by all
)

select * from final
