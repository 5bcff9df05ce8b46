-- The lines of the reviewed categories, and where a series breaks because the tariff has changed. What takes the place
-- of a line: its successors or predecessors, else what the other list has of its HS6, else of its heading.
with listed as (
    select
        year,
        code as hs8
    from {{ ref('int_listed_code') }}
    where code_list = 'hs8'
),

succession as (
    select * from {{ ref('int_commodity_succession') }}
),

line as (
    select hs8 from listed
    union
    select hs8
    from {{ ref('dim_commodity') }}
    where first_month is not null
),

prefix as (
    select p.*
    from {{ ref('int_category_prefix') }} as p
    semi join {{ ref('categories') }} as c
        on p.category_scheme = c.category_scheme and p.category_code = c.category_code
    where p.hs_prefix <> ''
),

member as (
    select
        p.category_scheme,
        p.category_code,
        l.hs8
    from line as l
    inner join prefix as p on starts_with(l.hs8, p.hs_prefix)
),

list_at_hand as (
    select distinct year from listed
),

list_change as (
    select
        lag(year) over (order by year) as year_before,
        year as year_after
    from list_at_hand
    qualify year_before is not null
),

-- Lines that a list has and the list before or after it lacks.
turned as (
    select
        l.hs8,
        c.year_after,
        l.year as own_year,
        c.year_after as other_year
    from listed as l
    inner join list_change as c on l.year = c.year_before
    anti join listed as o on l.hs8 = o.hs8 and c.year_after = o.year

    union all

    select
        l.hs8,
        c.year_after,
        l.year as own_year,
        c.year_before as other_year
    from listed as l
    inner join list_change as c on l.year = c.year_after
    anti join listed as o on l.hs8 = o.hs8 and c.year_before = o.year
),

turned_member as (
    select distinct
        t.hs8,
        t.other_year
    from turned as t
    semi join member as m on t.hs8 = m.hs8
),

neighbour as (
    select
        t.hs8,
        t.other_year,
        coalesce(
            string_agg(o.hs8, ',' order by o.hs8) filter (where left(o.hs8, 6) = left(t.hs8, 6)),
            string_agg(o.hs8, ',' order by o.hs8)
        ) as codes
    from turned_member as t
    inner join listed as o on t.other_year = o.year and left(t.hs8, 4) = left(o.hs8, 4)
    group by t.hs8, t.other_year
),

place_taken as (
    select
        m.category_scheme,
        m.category_code,
        m.hs8,
        t.year_after,
        unnest(string_split(
            coalesce(
                if(t.own_year = t.year_after, s.predecessor_codes, s.successor_codes),
                n.codes,
                'unknown'
            ), ','
        )) as code
    from member as m
    inner join turned as t on m.hs8 = t.hs8
    left join succession as s on t.hs8 = s.hs8 and t.own_year = s.list_year
    left join neighbour as n on t.hs8 = n.hs8 and t.other_year = n.other_year
),

break as (
    select
        p.category_scheme,
        p.category_code,
        p.hs8,
        string_agg(distinct p.code, ',' order by p.code) as broken_by,
        string_agg(distinct p.year_after::varchar, ',' order by p.year_after::varchar) as broken_in
    from place_taken as p
    anti join member as m
        on p.category_scheme = m.category_scheme and p.category_code = m.category_code and p.code = m.hs8
    group by p.category_scheme, p.category_code, p.hs8
),

span as (
    select
        hs8,
        min(year) as first_year,
        max(year) as last_year
    from listed
    group by hs8
),

final as (
    select
        m.category_scheme,
        m.category_code,
        m.hs8,
        y.first_year,
        y.last_year,
        b.predecessor_codes,
        e.successor_codes,
        k.hs8 is not null as is_broken,
        k.broken_by,
        k.broken_in
    from member as m
    left join span as y on m.hs8 = y.hs8
    left join succession as b on m.hs8 = b.hs8 and y.first_year = b.list_year
    left join succession as e on m.hs8 = e.hs8 and y.last_year = e.list_year
    left join break as k
        on m.category_scheme = k.category_scheme and m.category_code = k.category_code and m.hs8 = k.hs8
)

select * from final
