-- The reviewed partners, and those of the customs' own list that the review does not know yet.
with reviewed as (
    select
        partner_code,
        name_en as partner_name,
        name_zh as partner_name_zh,
        iso3 as partner_iso3,
        region,
        is_reimport,
        is_residual,
        note
    from {{ ref('partners') }}
),

-- Customs group partners by continent with the first digit.
region as (
    select distinct
        left(partner_code, 1) as first_digit,
        region
    from {{ ref('partners') }}
),

listed as (
    select
        l.code as partner_code,
        coalesce(l.name_en, l.name_zh, l.code) as partner_name,
        l.name_zh as partner_name_zh,
        null as partner_iso3,
        coalesce(r.region, 'Other') as region,
        false as is_reimport,
        false as is_residual,
        'in the customs'' list, not reviewed' as note
    from {{ ref('int_listed_code') }} as l
    left join region as r on left(l.code, 1) = r.first_digit
    where l.code_list = 'partner'
),

final as (
    select * from reviewed
    union all
    select l.*
    from listed as l
    anti join reviewed as r on l.partner_code = r.partner_code
)

select * from final
