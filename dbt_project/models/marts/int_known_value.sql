{{ config(materialized='view') }}

with stream_month as (
    select
        c.source,
        c.reporter,
        c.flow,
        c.month,
        max(r.vintage) as known_from
    from {{ ref('stg_landing__coverage') }} as c
    inner join {{ ref('stg_landing__receipt') }} as r on c.receipt_id = r.receipt_id
    where c.feeds <> 'check'
    group by all
),

known as (
    select * from {{ ref('mart_category_monthly') }}
    union all by name
    select * from {{ ref('mart_partner_category_monthly') }}
),

final as (
    select
        k.source,
        k.reporter,
        k.flow,
        k.partner_code,
        k.category_scheme,
        k.category_code,
        k.month,
        s.known_from,
        null::date as known_to,
        k.value_usd,
        k.value_cny,
        k.quantity,
        k.quantity_unit
    from known as k
    inner join stream_month as s using (source, reporter, flow, month)
)

select * from final
