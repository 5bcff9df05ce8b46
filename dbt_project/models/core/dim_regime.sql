-- The reviewed regimes, and those of the customs' own list that the review does not know yet.
with reviewed as (
    select
        regime_code,
        name_en as regime_name,
        name_zh as regime_name_zh
    from {{ ref('regimes') }}
),

listed_code as (
    select * from {{ ref('int_listed_code') }}
),

{{ unreviewed('regime') }},

every_regime as (
    select * from reviewed
    union all
    select * from unreviewed
),

final as (
    select
        *,
        {{ is_synthetic() }} as is_synthetic
    from every_regime
)

select * from final
