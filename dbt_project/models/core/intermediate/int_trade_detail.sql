-- The printed rows that count, as far as they split trade by regime, by province or by both. A window would hide the
-- other months for good, so there is none.
{{ config(materialized='view', pre_hook="{{ refuse_window_on_first_build() }}") }}

with counted as (
    select *
    from {{ ref('int_counted_row') }}
    where quarantine_reason is null and (regime_code is not null or province_code is not null)
),

final as (
    select
        c.source,
        c.reporter,
        c.flow,
        c.month,
        c.feeds,
        c.hs_code as commodity_code,
        nullif(c.partner_code, 'world') as partner_code,
        p.partner_name,
        c.regime_code,
        g.regime_name,
        c.province_code,
        v.province_name,
        if(c.currency = 'USD', c.value, null) as value_usd,
        if(c.currency <> 'USD', c.value, null) as value_local,
        c.quantity_1,
        c.unit_1,
        c.quantity_2,
        c.unit_2,
        c.receipt_id,
        c.line
    from counted as c
    left join {{ ref('dim_partner') }} as p on c.source = p.source and c.partner_code = p.partner_code
    left join {{ ref('dim_regime') }} as g on c.regime_code = g.regime_code
    left join {{ ref('dim_province') }} as v on c.province_code = v.province_code
)

select * from final
