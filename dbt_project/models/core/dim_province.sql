-- The reviewed provinces, and those of the customs' own list that the review does not know yet.
with reviewed as (
    select
        province_code,
        name_en as province_name,
        name_zh as province_name_zh
    from {{ ref('provinces') }}
),

listed_code as (
    select * from {{ ref('int_listed_code') }}
),

{{ unreviewed('province') }},

every_province as (
    select * from reviewed
    union all
    select * from unreviewed
),

final as (
    select
        *,
        {{ is_synthetic() }} as is_synthetic
    from every_province
)

select * from final
