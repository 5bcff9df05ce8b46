{{ config(materialized='incremental', incremental_strategy='from_first_stale') }}
{%- set measures = ['value_usd', 'value_usd_yoy', 'quantity', 'quantity_unit', 'unit_value_usd'] %}

-- Categories in which every partner is received in rows of its own.
with ranked_category as (
    select
        source,
        reporter,
        flow,
        month,
        category_scheme,
        category_code
    from {{ ref('int_category_coverage') }}
    where partner_code = '*' and covered_usd and {{ since_first_stale('month') }} and {{ in_stale_category() }}
),

{{ both_series(measures, since_first_stale('month', years_before=1)) }},

-- What is measured in the same unit, in the twelve months before; fewer than six are no history.
with_history as (
    select
        *,
        if(count(unit_value_usd) over history >= 6, median(unit_value_usd) over history, null)
            as unit_value_usd_median_12
    from series
    window
        history as (
            partition by source, reporter, flow, partner_code, category_scheme, category_code, quantity_unit
            order by month
            range between interval 12 months preceding and interval 1 month preceding
        )
),

-- A covered month before the first trade has no row: where the base is known and absent, it is 0.
with_bases as (
    select
        s.*,
        coalesce(b.value_usd, if(s.is_low_base is null, null, 0)) as base_usd,
        t.value_usd as total_base_usd,
        if(
            s.quantity_unit = b.quantity_unit and s.value_usd > 0 and b.value_usd > 0 and s.quantity > 0
            and b.quantity > 0,
            ln(s.value_usd / b.value_usd::double),
            null
        ) as log_change_value,
        if(log_change_value is null, null, ln(s.quantity / b.quantity::double)) as log_change_quantity,
        s.partner_code <> 'all' and s.value_usd > 0 and not coalesce(p.is_reimport, false)
        -- A reporter's own goods that come back.
        and coalesce(s.partner_iso3 <> s.reporter, true) and k.month is not null as is_ranked
    from with_history as s
    left join series as b
        on
            s.source = b.source and s.reporter = b.reporter and s.flow = b.flow
            and s.month = (b.month + interval 1 year)::date and s.partner_code = b.partner_code
            and s.category_scheme = b.category_scheme and s.category_code = b.category_code
    left join series as t
        on
            s.source = t.source and s.reporter = t.reporter and s.flow = t.flow
            and s.month = (t.month + interval 1 year)::date and t.partner_code = 'all'
            and s.category_scheme = t.category_scheme and s.category_code = t.category_code
    left join ranked_category as k
        on
            s.source = k.source and s.reporter = k.reporter and s.flow = k.flow and s.month = k.month
            and s.category_scheme = k.category_scheme and s.category_code = k.category_code
    left join {{ ref('dim_partner') }} as p on s.source = p.source and s.partner_code = p.partner_code
    where {{ since_first_stale('s.month') }}
),

final as (
    select
        source,
        reporter,
        flow,
        month,
        partner_code,
        partner_iso3,
        partner_name,
        category_scheme,
        category_code,
        category_name,
        value_usd,
        value_usd_yoy,
        if(partner_code = 'all', value_usd_yoy, (value_usd - base_usd) / nullif(total_base_usd, 0)::double)
            as contribution_usd_yoy,
        if(
            is_ranked,
            rank() over (
                partition by source, reporter, flow, month, category_scheme, category_code, is_ranked
                order by value_usd desc
            ),
            null
        )::integer as rank_usd,
        log_change_value,
        log_change_value - log_change_quantity as log_change_unit_value,
        log_change_quantity,
        unit_value_usd,
        unit_value_usd_median_12,
        unit_value_usd > 5 * unit_value_usd_median_12 or unit_value_usd < unit_value_usd_median_12 / 5
            as is_unit_value_unusual,
        is_low_base,
        is_synthetic
    from with_bases
)

select * from final
