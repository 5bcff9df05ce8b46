with reviewed as (
    select
        t.control_total_id,
        t.publisher,
        t.table_name,
        t.title,
        t.flow,
        t.partner_code,
        t.scope_code,
        s.hs,
        coalesce(s.is_aggregate, false) as is_aggregate,
        t.period_from,
        t.period_to,
        t.measure,
        t.value,
        t.half_unit,
        t.unit,
        t.grade,
        t.is_headline,
        t.remark,
        t.vintage,
        t.source
    from {{ ref('control_totals') }} as t
    left join {{ ref('control_scopes') }} as s on t.scope_code = s.scope_code
),

final as (
    select
        control_total_id,
        publisher,
        table_name,
        title,
        -- Every figure of the seed is about China's own statistics.
        'CHN' as reporter,
        flow,
        partner_code,
        scope_code,
        hs,
        is_aggregate,
        (period_from || '-01')::date as period_from,
        (period_to || '-01')::date as period_to,
        measure,
        value::decimal(24, 6) as value,
        half_unit::decimal(24, 6) as half_unit,
        unit,
        grade,
        is_headline,
        remark,
        vintage::date as vintage,
        null::varchar as receipt_id,
        source as reference
    from reviewed
)

select * from final
