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

final as (
    select * from reviewed
    union all
    select * from unreviewed
)

select * from final
