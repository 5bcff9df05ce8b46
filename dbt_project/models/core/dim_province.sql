-- The reviewed provinces, and those of the customs' own list that the review does not know yet.
with reviewed as (
    select
        province_code,
        name_en as province_name,
        name_zh as province_name_zh
    from {{ ref('provinces') }}
),

listed as (
    select
        code as province_code,
        coalesce(name_en, name_zh, code) as province_name,
        name_zh as province_name_zh
    from {{ ref('int_listed_code') }}
    where code_list = 'province'
),

final as (
    select * from reviewed
    union all
    select l.*
    from listed as l
    anti join reviewed as r on l.province_code = r.province_code
)

select * from final
