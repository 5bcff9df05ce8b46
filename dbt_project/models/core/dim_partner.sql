-- The reviewed partners, and those of the customs' own list that the review does not know yet.
with reviewed as (
    select
        partner_system,
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
    where partner_system = 'gacc'
),

listed_code as (
    select * from {{ ref('int_listed_code') }}
),

{{ unreviewed('partner') }},

partner as (
    select * from reviewed
    union all by name
    select
        u.*,
        'gacc' as partner_system,
        coalesce(r.region, 'Other') as region,
        false as is_reimport,
        false as is_residual,
        'in the customs'' list, not reviewed' as note
    from unreviewed as u
    left join region as r on left(u.partner_code, 1) = r.first_digit
),

final as (
    select
        s.source,
        p.partner_code,
        p.partner_name,
        p.partner_name_zh,
        p.partner_iso3,
        p.partner_iso2,
        p.m49_code,
        p.comtrade_code,
        p.region,
        p.is_reimport,
        p.is_residual,
        p.note,
        s.is_synthetic
    from partner as p
    inner join {{ ref('dim_source') }} as s on p.partner_system = s.partner_system
)

select * from final
