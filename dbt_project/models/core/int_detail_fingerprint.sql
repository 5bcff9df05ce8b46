-- Per month a fingerprint of what lies below the sums by category: lines of the tariff and regimes. A revision can
-- move trade from one line of a category to another and leave every sum as it was.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_months',
    pre_hook="{{ refuse_window_on_first_build() }}"
) }}

with detail as (
    select
        month,
        hash(source, reporter, flow, hs8, partner_code, value_usd, value_cny)::hugeint as fingerprint
    from {{ ref('fct_trade_monthly') }}
    where {{ in_window('month') }}
    union all
    select
        month,
        hash(source, reporter, flow, hs8, value_usd, value_cny)::hugeint as fingerprint
    from {{ ref('fct_trade_world_monthly') }}
    where {{ in_window('month') }}
    union all
    select
        month,
        hash(d)::hugeint as fingerprint
    from {{ ref('int_regime_category_month') }} as d  -- noqa: AL05
    where {{ in_window('month') }}
),

final as (
    select
        month,
        sum(fingerprint)::varchar as fingerprint
    from detail
    group by month
)

select * from final
