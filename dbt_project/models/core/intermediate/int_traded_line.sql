-- The source's own lines as printed, per receipt and month. A receipt never changes, so only months of receipts that
-- are not here are read.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ forget_receipts() }}"
) }}

with due as (
    select distinct
        receipt_id,
        month
    from {{ ref('stg_landing__coverage') }}
    {%- if is_incremental() %}
    except
    select distinct
        receipt_id,
        month
    from {{ this }}
    {%- endif %}
),

final as (
    select
        t.receipt_id,
        t.parser_version,
        t.source,
        t.month,
        t.hs_code as commodity_code,
        regexp_matches(t.commodity_as_printed, '[\x{4e00}-\x{9fff}]') as is_chinese,
        max(t.commodity_as_printed) as commodity_as_printed
    from {{ ref('int_trade_row') }} as t
    inner join due as d on t.receipt_id = d.receipt_id and t.month = d.month
    semi join {{ ref('stg_landing__receipt') }} as r
        on t.receipt_id = r.receipt_id and t.parser_version = r.parser_version
    inner join {{ ref('stg_landing__source') }} as o on t.source = o.source
    where length(t.hs_code) = o.code_digits
    group by all
)

select * from final
