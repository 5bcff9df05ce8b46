with finding as (
    select * from {{ ref('int_claim_finding') }}
),

receipt as (
    select bool_or(is_synthetic) as is_synthetic from {{ ref('stg_landing__receipt') }}
),

final as (
    select
        f.claim_id,
        f.text,
        f.publisher,
        f.published_on,
        f.address,
        f.remark,
        f.source,
        f.reporter,
        f.flow,
        f.partner_code,
        f.category_scheme,
        f.category_code,
        f.measure,
        f.unit,
        f.comparison,
        f.period_from,
        f.period_to,
        f.value,
        f.half_unit,
        f.range_low,
        f.range_high,
        f.verdict_then,
        f.actual_then,
        f.detail_then,
        f.verdict_now,
        f.actual_now,
        f.detail_now,
        f.months_used,
        f.trace,
        coalesce(r.is_synthetic, false) as is_synthetic
    from finding as f
    cross join receipt as r
)

select * from final
