-- One fingerprint a month of what marts are made of in that month: sums and coverage.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_months',
    pre_hook="{{ refuse_window_on_first_build() }}"
) }}

with monthly as (
    select
        month,
        hash(s)::hugeint as fingerprint
    from {{ ref('int_partner_category_month') }} as s  -- noqa: AL05
    where {{ in_window('month') }}
    union all
    select
        month,
        hash(s)::hugeint as fingerprint
    from {{ ref('int_category_month') }} as s  -- noqa: AL05
    where {{ in_window('month') }}
    union all
    select
        month,
        hash(s)::hugeint as fingerprint
    from {{ ref('int_coverage') }} as s  -- noqa: AL05
    where {{ in_window('month') }}
),

final as (
    select
        month,
        sum(fingerprint)::varchar as fingerprint
    from monthly
    group by month
)

select * from final
