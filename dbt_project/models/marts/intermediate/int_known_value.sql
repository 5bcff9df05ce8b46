-- Every series and month as known from which vintage on. Months with receipts of one vintage are the marts' rows.
{{ config(materialized='view') }}

with single as (
    select distinct
        source,
        reporter,
        flow,
        month,
        first_vintage as known_from
    from {{ ref('int_vintage_part') }}
    where first_vintage = last_vintage
),

{{ both_series(['value_usd', 'value_local', 'quantity', 'quantity_unit'], "true", inlined=true) }},

-- Quantities of earlier prints are not kept: only the latest has one.
final as (
    select
        m.*,
        s.known_from,
        null::date as known_to
    from series as m
    inner join single as s using (source, reporter, flow, month)
    union all by name
    select
        h.*,
        if(h.known_to is null, m.quantity, null) as quantity,
        if(h.known_to is null, m.quantity_unit, null) as quantity_unit
    from {{ ref('int_value_history') }} as h
    left join series as m using (source, reporter, flow, month, partner_code, category_scheme, category_code)
    where h.category_scheme <> 'line'
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
    value_local,
    quantity,
    quantity_unit
from final
