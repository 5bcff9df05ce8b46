with reviewed as (
    select
        s.category_scheme,
        s.scheme_name,
        s.scheme_version,
        s.reviewed_on,
        s.leaves_out,
        false as is_own,
        t.threshold_usd,
        t.reason as threshold_reason
    from {{ ref('category_schemes') }} as s
    left join {{ ref('thresholds') }} as t on s.category_scheme = t.category_scheme
),

every_scheme as (
    select * from reviewed
    union all
    select
        category_scheme,
        scheme_name,
        null as scheme_version,
        null as reviewed_on,
        leaves_out,
        true as is_own,
        threshold_usd,
        threshold_reason
    from {{ ref('stg_landing__own_scheme') }}
),

final as (
    select
        *,
        {{ is_synthetic() }} as is_synthetic
    from every_scheme
)

select * from final
