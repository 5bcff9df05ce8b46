-- The raw rows of the window that count, each with the reason for which it is quarantined, if any.
{{ config(materialized='ephemeral') }}

with month_winner as (
    select *
    from {{ ref('int_month_winner') }}
    where is_whole
),

rows_that_count as (
    select
        t.* replace (coalesce(t.partner_code, 'world') as partner_code),
        r.feeds,
        r.precedence
    from {{ ref('int_trade_row') }} as t
    inner join {{ ref('stg_landing__receipt') }} as r
        on t.receipt_id = r.receipt_id and t.parser_version = r.parser_version
    left join month_winner as m on t.receipt_id = m.receipt_id and t.month = m.month
    left join {{ ref('int_row_winner') }} as w
        on
            t.receipt_id = w.receipt_id and t.currency = w.currency and t.month = w.month
            and t.hs_code = w.hs_code and coalesce(t.partner_code, 'world') = w.partner_code
    where {{ in_window('t.month') }} and (m.receipt_id is not null or w.receipt_id is not null)
),

final as (
    select
        c.receipt_id,
        c.feeds,
        c.precedence,
        c.parser_version,
        c.line,
        c.source,
        c.reporter,
        c.flow,
        c.currency,
        c.month,
        c.hs_code,
        c.commodity_as_printed,
        c.partner_code,
        c.regime_code,
        c.province_code,
        c.value,
        c.net_weight_kg,
        c.weight_is_estimated,
        c.quantity_1,
        c.unit_1_as_printed,
        coalesce(u1.unit, c.unit_1_as_printed) as unit_1,
        c.quantity_2,
        c.unit_2_as_printed,
        coalesce(u2.unit, c.unit_2_as_printed) as unit_2,
        nullif(concat_ws(
            '; ',
            if(p.partner_code is null and c.feeds = 'partner', 'unknown partner ' || c.partner_code, null),
            if(c.regime_code is not null and g.regime_code is null, 'unknown regime ' || c.regime_code, null),
            if(c.province_code is not null and v.province_code is null, 'unknown province ' || c.province_code, null)
        ), '') as quarantine_reason
    from rows_that_count as c
    left join {{ ref('dim_partner') }} as p on c.source = p.source and c.partner_code = p.partner_code
    left join {{ ref('dim_regime') }} as g on c.regime_code = g.regime_code
    left join {{ ref('dim_province') }} as v on c.province_code = v.province_code
    left join {{ ref('units') }} as u1 on c.unit_1_as_printed = u1.unit_as_printed
    left join {{ ref('units') }} as u2 on c.unit_2_as_printed = u2.unit_as_printed
)

select * from final
