-- For each printed cell of the window, and each currency, the receipt that counts (docs/rules.md, rules 1 and 3).
{{ config(materialized='ephemeral') }}

with cells as (
    select distinct
        t.source,
        t.reporter,
        t.flow,
        c.currency,
        t.month,
        t.hs_code,
        t.partner_code
    from {{ ref('stg_gacc__trade') }} as t
    semi join {{ ref('stg_landing__receipt') }} as r on t.receipt_id = r.receipt_id and r.feeds_fact
    cross join (values ('USD'), ('CNY')) as c (currency)
    where {{ in_window('t.month') }}
),

coverage as (
    select *
    from {{ ref('stg_landing__coverage') }}
    where {{ in_window('month') }}
),

winner as (
    {{ winners('cells', 'coverage') }}
),

final as (
    select
        w.source,
        w.reporter,
        w.flow,
        w.currency,
        w.month,
        w.hs_code,
        w.partner_code,
        w.precedence,
        r.receipt_id
    from winner as w
    inner join {{ ref('stg_landing__receipt') }} as r on w.precedence = r.precedence
)

select * from final
