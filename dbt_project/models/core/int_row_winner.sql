-- For each cell of the window, and each currency, the receipt that counts (docs/rules.md, rules 1, 3 and 4).
{{ config(materialized='ephemeral') }}

with printed as (
    select distinct
        r.feeds,
        t.source,
        t.reporter,
        t.flow,
        t.month,
        t.hs_code,
        coalesce(t.partner_code, 'world') as partner_code
    from {{ ref('stg_gacc__trade') }} as t
    inner join {{ ref('stg_landing__receipt') }} as r on t.receipt_id = r.receipt_id
    where r.feeds <> 'check' and {{ in_window('t.month') }}
),

coverage as (
    select *
    from {{ ref('stg_landing__coverage') }}
    where feeds <> 'check' and {{ in_window('month') }}
),

-- Lines that were asked for one by one, without partners: where nothing was traded, that is a figure.
asked as (
    select distinct
        feeds,
        source,
        reporter,
        flow,
        month,
        hs_prefix as hs_code,
        partner_code
    from coverage
    where feeds = 'world' and length(hs_prefix) = 8
),

cell as (
    select * from printed
    union
    select * from asked
),

cells as (
    select
        cell.*,
        c.currency
    from cell
    cross join (values ('USD'), ('CNY')) as c (currency)
),

winner as (
    {{ winners('cells', 'coverage') }}
),

final as (
    select
        w.feeds,
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
