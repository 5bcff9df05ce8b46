-- Lines of the tariff year by year: what the list that applies has, and what was printed in trade beside it.
with listed as (
    select
        year,
        code as hs8,
        name_en,
        name_zh,
        unit_1,
        unit_2
    from {{ ref('int_listed_code') }}
    where code_list = 'hs8'
),

seen as (
    select
        t.hs8,
        t.month,
        t.is_chinese,
        { 'precedence': r.precedence, 'month': t.month, 'name': t.commodity_as_printed } as spelling
    from {{ ref('int_traded_line') }} as t
    inner join {{ ref('stg_landing__receipt') }} as r on t.receipt_id = r.receipt_id
),

traded as (
    select
        hs8,
        year(month)::integer as year,
        min(month) as first_month,
        max(month) as last_month,
        max(spelling) filter (where not is_chinese) as spelling_en,
        max(spelling) filter (where is_chinese) as spelling_zh
    from seen
    group by all
),

-- Of several spellings the one printed last.
printed as (
    select
        hs8,
        struct_extract(max(spelling_en), 'name') as name_en,
        struct_extract(max(spelling_zh), 'name') as name_zh
    from traded
    group by hs8
),

list_at_hand as (
    select distinct year from listed
),

year_spine as (
    select year from {{ ref('dim_month') }}
    union
    select year from traded
),

-- The list of the year itself, else the nearest earlier one.
applies as (
    select
        y.year,
        max(l.year) as list_year
    from year_spine as y
    left join list_at_hand as l on y.year >= l.year
    group by y.year
),

line as (
    select
        l.hs8,
        a.year
    from listed as l
    inner join applies as a on l.year = a.list_year
    union
    select
        hs8,
        year
    from traded
),

final as (
    select
        line.hs8,
        line.year,
        a.list_year,
        if(a.list_year is null, null, l.hs8 is not null) as is_listed,
        left(line.hs8, 6) as hs6,
        left(line.hs8, 4) as hs4,
        left(line.hs8, 2) as hs2,
        s.section,
        coalesce(l.name_en, p.name_en) as commodity_name,
        coalesce(l.name_zh, p.name_zh) as commodity_name_zh,
        l.unit_1,
        l.unit_2,
        c.predecessor_codes,
        c.successor_codes,
        t.first_month,
        t.last_month
    from line
    inner join applies as a on line.year = a.year
    left join listed as l on line.hs8 = l.hs8 and a.list_year = l.year
    left join traded as t on line.hs8 = t.hs8 and line.year = t.year
    left join printed as p on line.hs8 = p.hs8
    left join {{ ref('int_commodity_succession') }} as c on line.hs8 = c.hs8 and a.list_year = c.list_year
    left join {{ ref('hs_sections') }} as s on left(line.hs8, 2) between s.first_chapter and s.last_chapter
)

select * from final
