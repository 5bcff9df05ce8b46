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
        v.month,
        hash(
            v.receipt_id, r.parser_version, v.feeds, v.source, v.reporter, v.flow, v.currency, v.partner_code,
            v.hs_prefix
        )::hugeint as fingerprint
    from {{ ref('stg_landing__coverage') }} as v
    inner join {{ ref('stg_landing__receipt') }} as r on v.receipt_id = r.receipt_id
    where v.feeds <> 'check' and {{ in_window('v.month') }}
),

final as (
    select
        month,
        sum(fingerprint)::varchar as fingerprint
    from monthly
    group by month
)

select * from final
