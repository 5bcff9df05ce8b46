-- Lines of the tariff year by year: what the list that applies has, and what was printed in trade beside it.
with listed as (
    select
        o.source,
        l.year,
        l.code as commodity_code,
        l.name_en,
        l.name_zh,
        l.unit_1,
        l.unit_2
    from {{ ref('int_listed_code') }} as l
    inner join {{ ref('dim_source') }} as o on l.code_system = o.code_system
    where l.code_list = 'hs8'
),

seen as (
    select
        t.source,
        t.commodity_code,
        t.month,
        t.is_chinese,
        { 'precedence': r.precedence, 'month': t.month, 'name': t.commodity_as_printed } as spelling
    from {{ ref('int_traded_line') }} as t
    inner join {{ ref('stg_landing__receipt') }} as r on t.receipt_id = r.receipt_id
),

traded as (
    select
        source,
        commodity_code,
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
        source,
        commodity_code,
        struct_extract(max(spelling_en), 'name') as name_en,
        struct_extract(max(spelling_zh), 'name') as name_zh
    from traded
    group by source, commodity_code
),

list_at_hand as (
    select distinct
        source,
        year
    from listed
),

year_spine as (
    select
        o.source,
        m.year
    from {{ ref('dim_month') }} as m
    cross join {{ ref('dim_source') }} as o
    union
    select
        source,
        year
    from traded
),

-- The list of the year itself, else the nearest earlier one.
applies as (
    select
        y.source,
        y.year,
        max(l.year) as list_year
    from year_spine as y
    left join list_at_hand as l on y.source = l.source and y.year >= l.year
    group by y.source, y.year
),

line as (
    select
        l.source,
        l.commodity_code,
        a.year
    from listed as l
    inner join applies as a on l.source = a.source and l.year = a.list_year
    union
    select
        source,
        commodity_code,
        year
    from traded
),

final as (
    select
        line.source,
        line.commodity_code,
        line.year,
        a.list_year,
        if(a.list_year is null, null, l.commodity_code is not null) as is_listed,
        left(line.commodity_code, 6) as hs6,
        left(line.commodity_code, 4) as hs4,
        left(line.commodity_code, 2) as hs2,
        s.section,
        coalesce(l.name_en, p.name_en) as commodity_name,
        coalesce(l.name_zh, p.name_zh) as commodity_name_zh,
        l.unit_1,
        l.unit_2,
        c.predecessor_codes,
        c.successor_codes,
        t.first_month,
        t.last_month,
        o.is_synthetic
    from line
    inner join {{ ref('dim_source') }} as o on line.source = o.source
    inner join applies as a on line.source = a.source and line.year = a.year
    left join listed as l
        on line.source = l.source and line.commodity_code = l.commodity_code and a.list_year = l.year
    left join traded as t
        on line.source = t.source and line.commodity_code = t.commodity_code and line.year = t.year
    left join printed as p on line.source = p.source and line.commodity_code = p.commodity_code
    left join {{ ref('int_commodity_succession') }} as c
        on line.source = c.source and line.commodity_code = c.commodity_code and a.list_year = c.list_year
    left join {{ ref('hs_sections') }} as s on left(line.commodity_code, 2) between s.first_chapter and s.last_chapter
)

select * from final
