-- The reviewed partners, and those of the customs' own list that the review does not know yet.
with reviewed as (
    select
        partner_code,
        name_en as partner_name,
        name_zh as partner_name_zh,
        iso3 as partner_iso3,
        iso2 as partner_iso2,
        m49 as m49_code,
        comtrade_code,
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

listed_code as (
    select * from {{ ref('int_listed_code') }}
),

{{ unreviewed('partner') }},

final as (
    select * from reviewed
    union all by name
    select
        u.*,
        coalesce(r.region, 'Other') as region,
        false as is_reimport,
        false as is_residual,
        'in the customs'' list, not reviewed' as note
    from unreviewed as u
    left join region as r on left(u.partner_code, 1) = r.first_digit
)

select * from final
