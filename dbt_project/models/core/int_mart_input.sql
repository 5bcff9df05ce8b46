-- One fingerprint a month of what marts are made of in that month: sums, and the receipts with their coverage, since
-- also what counts no longer was known once.
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
        hash(receipt_id, feeds, source, reporter, flow, currency, partner_code, hs_prefix)::hugeint as fingerprint
    from {{ ref('stg_landing__coverage') }}
    where feeds <> 'check' and {{ in_window('month') }}
),

final as (
    select
        month,
        sum(fingerprint)::varchar as fingerprint
    from monthly
    group by month
)

select * from final
