-- For each cell of the window, and each currency, the receipt that counts (docs/rules.md, rules 1, 3 and 4); without
-- the months that one receipt decides alone (int_month_winner).
{{ config(materialized='ephemeral') }}

with partly as (
    select
        'partner' as feeds,
        source,
        reporter,
        flow,
        currency,
        month
    from {{ ref('int_month_winner') }}
    where not is_whole
    union
    select
        feeds,
        source,
        reporter,
        flow,
        currency,
        month
    from {{ ref('stg_landing__coverage') }}
    where feeds = 'world' and {{ in_window('month') }}
),

coverage as (
    select v.*
    from {{ ref('stg_landing__coverage') }} as v
    semi join partly as p
        on
            v.feeds = p.feeds and v.source = p.source and v.reporter = p.reporter and v.flow = p.flow
            and v.currency = p.currency and v.month = p.month
),

-- Printed in any currency, also by a receipt that counts no longer.
printed as (
    select distinct
        r.feeds,
        t.source,
        t.reporter,
        t.flow,
        t.month,
        t.hs_code,
        coalesce(t.partner_code, 'world') as partner_code
    from {{ ref('int_trade_row') }} as t
    inner join {{ ref('stg_landing__receipt') }} as r on t.receipt_id = r.receipt_id
    semi join partly as p
        on
            r.feeds = p.feeds and t.source = p.source and t.reporter = p.reporter and t.flow = p.flow
            and t.month = p.month
),

-- Lines that were asked for one by one, without partners: where nothing was traded, that is a figure.
asked as (
    select distinct
        v.feeds,
        v.source,
        v.reporter,
        v.flow,
        v.month,
        v.hs_prefix as hs_code,
        v.partner_code
    from coverage as v
    inner join {{ ref('stg_landing__source') }} as o on v.source = o.source
    where v.feeds = 'world' and length(v.hs_prefix) = o.code_digits
),

cell as (
    select * from printed
    union
    select * from asked
),

cells as (
    select
        cell.*,
        p.currency
    from cell
    inner join partly as p using (feeds, source, reporter, flow, month)
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
