-- The reviewed regimes, and those of the customs' own list that the review does not know yet.
with reviewed as (
    select
        regime_code,
        name_en as regime_name,
        name_zh as regime_name_zh
    from {{ ref('regimes') }}
),

listed as (
    select
        code as regime_code,
        coalesce(name_en, name_zh, code) as regime_name,
        name_zh as regime_name_zh
    from {{ ref('int_listed_code') }}
    where code_list = 'regime'
),

final as (
    select * from reviewed
    union all
    select l.*
    from listed as l
    anti join reviewed as r on l.regime_code = r.regime_code
)

select * from final
