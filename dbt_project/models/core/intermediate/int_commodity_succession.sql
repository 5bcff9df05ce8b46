-- Codes that begin or end between two lists of commodities at hand, with the codes that they seem to come from or to
-- turn into: those that end or begin at the same change as the review has it, else with the same name in either
-- language, else within the HS6.
with listed as (
    select
        o.source,
        l.year,
        l.code as commodity_code,
        l.name_en,
        l.name_zh
    from {{ ref('int_listed_code') }} as l
    inner join {{ ref('dim_source') }} as o on l.code_system = o.code_system
    where l.code_list = 'hs8'
),

reviewed as (
    select
        o.source,
        r.*
    from {{ ref('commodity_successions') }} as r
    inner join {{ ref('dim_source') }} as o on o.code_system = 'gacc'
),

list_at_hand as (
    select distinct
        source,
        year
    from listed
),

list_change as (
    select
        source,
        year as year_before,
        lead(year) over (partition by source order by year) as year_after
    from list_at_hand
),

ended as (
    select
        l.*,
        c.year_after
    from listed as l
    inner join list_change as c on l.source = c.source and l.year = c.year_before and c.year_after is not null
    anti join listed as a
        on l.source = a.source and l.commodity_code = a.commodity_code and c.year_after = a.year
),

begun as (
    select
        l.*,
        c.year_before
    from listed as l
    inner join list_change as c on l.source = c.source and l.year = c.year_after
    anti join listed as b
        on l.source = b.source and l.commodity_code = b.commodity_code and c.year_before = b.year
),

pair as (
    select
        e.source,
        e.year as year_before,
        e.commodity_code as ended,
        b.year as year_after,
        b.commodity_code as begun,
        r.ended is not null as is_reviewed,
        coalesce(e.name_en = b.name_en, false) or coalesce(e.name_zh = b.name_zh, false) as is_same_name,
        left(e.commodity_code, 6) = left(b.commodity_code, 6) as is_same_hs6
    from ended as e
    inner join begun as b on e.source = b.source and e.year_after = b.year
    left join reviewed as r
        on
            e.source = r.source and e.commodity_code = r.ended and b.commodity_code = r.begun
            and e.year < r.first_year and b.year >= r.first_year
),

related as (
    select *
    from pair
    where is_reviewed or is_same_name or is_same_hs6
),

found as (
    select
        source,
        year_before as list_year,
        ended as commodity_code,
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
        source,
        year_after as list_year,
        begun as commodity_code,
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
        source,
        list_year,
        commodity_code,
        max(predecessor_codes) as predecessor_codes,
        max(successor_codes) as successor_codes
    from found
    group by all
)

select * from final
