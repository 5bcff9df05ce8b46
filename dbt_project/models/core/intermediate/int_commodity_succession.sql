-- Codes that begin or end between two lists of commodities at hand, with the codes that they seem to come from or to
-- turn into: those that end or begin at the same change as the review has it, else with the same name in either
-- language, else within the HS6.
with listed as (
    select
        year,
        code as hs8,
        name_en,
        name_zh
    from {{ ref('int_listed_code') }}
    where code_list = 'hs8'
),

reviewed as (
    select * from {{ ref('commodity_successions') }}
),

list_at_hand as (
    select distinct year from listed
),

list_change as (
    select
        year as year_before,
        lead(year) over (order by year) as year_after
    from list_at_hand
),

ended as (
    select
        l.*,
        c.year_after
    from listed as l
    inner join list_change as c on l.year = c.year_before and c.year_after is not null
    anti join listed as a on l.hs8 = a.hs8 and c.year_after = a.year
),

begun as (
    select
        l.*,
        c.year_before
    from listed as l
    inner join list_change as c on l.year = c.year_after
    anti join listed as b on l.hs8 = b.hs8 and c.year_before = b.year
),

pair as (
    select
        e.year as year_before,
        e.hs8 as ended,
        b.year as year_after,
        b.hs8 as begun,
        r.ended is not null as is_reviewed,
        coalesce(e.name_en = b.name_en, false) or coalesce(e.name_zh = b.name_zh, false) as is_same_name,
        left(e.hs8, 6) = left(b.hs8, 6) as is_same_hs6
    from ended as e
    inner join begun as b on e.year_after = b.year
    left join reviewed as r
        on e.hs8 = r.ended and b.hs8 = r.begun and e.year < r.first_year and b.year >= r.first_year
),

related as (
    select *
    from pair
    where is_reviewed or is_same_name or is_same_hs6
),

found as (
    select
        year_before as list_year,
        ended as hs8,
        null as predecessor_codes,
        coalesce(
            string_agg(begun, ',' order by begun) filter (where is_reviewed),
            string_agg(begun, ',' order by begun) filter (where is_same_name),
            string_agg(begun, ',' order by begun) filter (where is_same_hs6)
        ) as successor_codes
    from related
    group by all

    union all

    select
        year_after as list_year,
        begun as hs8,
        coalesce(
            string_agg(ended, ',' order by ended) filter (where is_reviewed),
            string_agg(ended, ',' order by ended) filter (where is_same_name),
            string_agg(ended, ',' order by ended) filter (where is_same_hs6)
        ) as predecessor_codes,
        null as successor_codes
    from related
    group by all
),

-- A code may begin and end with the same list.
final as (
    select
        list_year,
        hs8,
        max(predecessor_codes) as predecessor_codes,
        max(successor_codes) as successor_codes
    from found
    group by all
)

select * from final
