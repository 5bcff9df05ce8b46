-- Every series and month as known from which vintage on. Months with receipts of one vintage are the marts' rows.
{{ config(materialized='view') }}

with single as (
    select
        v.source,
        v.reporter,
        v.flow,
        v.month,
        min(r.vintage) as known_from
    from {{ ref('stg_landing__coverage') }} as v
    inner join {{ ref('stg_landing__receipt') }} as r on v.receipt_id = r.receipt_id
    where v.feeds <> 'check'
    group by all
    having count(distinct r.vintage) = 1
),

mart as (
    select
        source,
        reporter,
        flow,
        month,
        partner_code,
        category_scheme,
        category_code,
        value_usd,
        value_cny,
        quantity,
        quantity_unit
    from {{ ref('mart_partner_category_monthly') }}
    union all
    select
        source,
        reporter,
        flow,
        month,
        partner_code,
        category_scheme,
        category_code,
        value_usd,
        value_cny,
        quantity,
        quantity_unit
    from {{ ref('mart_category_monthly') }}
),

-- Quantities of earlier prints are not kept: only the latest has one.
final as (
    select
        m.*,
        s.known_from,
        null::date as known_to
    from mart as m
    inner join single as s using (source, reporter, flow, month)
    union all by name
    select
        h.*,
        if(h.known_to is null, m.quantity, null) as quantity,
        if(h.known_to is null, m.quantity_unit, null) as quantity_unit
    from {{ ref('int_value_history') }} as h
    left join mart as m using (source, reporter, flow, month, partner_code, category_scheme, category_code)
    where h.category_scheme <> 'hs8'
)

select
    source,
    reporter,
    flow,
    month,
    partner_code,
    category_scheme,
    category_code,
    known_from,
    known_to,
    value_usd,
    value_cny,
    quantity,
    quantity_unit
from final
