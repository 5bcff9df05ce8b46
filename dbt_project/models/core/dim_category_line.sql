-- The lines of the chosen categories, and where a series breaks because the tariff has changed. What takes the place
-- of a line: its successors or predecessors, else what the other list has of its HS6, else of its heading.
with listed as (
    select
        o.source,
        l.year,
        l.code as commodity_code
    from {{ ref('int_listed_code') }} as l
    inner join {{ ref('dim_source') }} as o on l.code_system = o.code_system
    where l.code_list = 'hs8'
),

succession as (
    select * from {{ ref('int_commodity_succession') }}
),

line as (
    select
        source,
        commodity_code
    from listed
    union
    select
        source,
        commodity_code
    from {{ ref('dim_commodity') }}
    where first_month is not null
),

prefix as (
    select p.*
    from {{ ref('int_category_prefix') }} as p
    semi join {{ ref('int_chosen_category') }} as c
        on p.category_scheme = c.category_scheme and p.category_code = c.category_code
    where p.hs_prefix <> ''
),

member as (
    select
        l.source,
        p.category_scheme,
        p.category_code,
        l.commodity_code
    from line as l
    inner join prefix as p on l.source = p.source and starts_with(l.commodity_code, p.hs_prefix)
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
        lag(year) over (partition by source order by year) as year_before,
        year as year_after
    from list_at_hand
    qualify year_before is not null
),

-- Lines that a list has and the list before or after it lacks.
turned as (
    select
        l.source,
        l.commodity_code,
        c.year_after,
        l.year as own_year,
        c.year_after as other_year
    from listed as l
    inner join list_change as c on l.source = c.source and l.year = c.year_before
    anti join listed as o on l.source = o.source and l.commodity_code = o.commodity_code and c.year_after = o.year

    union all

    select
        l.source,
        l.commodity_code,
        c.year_after,
        l.year as own_year,
        c.year_before as other_year
    from listed as l
    inner join list_change as c on l.source = c.source and l.year = c.year_after
    anti join listed as o on l.source = o.source and l.commodity_code = o.commodity_code and c.year_before = o.year
),

turned_member as (
    select distinct
        t.source,
        t.commodity_code,
        t.other_year
    from turned as t
    semi join member as m on t.source = m.source and t.commodity_code = m.commodity_code
),

neighbour as (
    select
        t.source,
        t.commodity_code,
        t.other_year,
        coalesce(
            string_agg(o.commodity_code, ',' order by o.commodity_code)
            filter (where left(o.commodity_code, 6) = left(t.commodity_code, 6)),
            string_agg(o.commodity_code, ',' order by o.commodity_code)
        ) as codes
    from turned_member as t
    inner join listed as o
        on t.source = o.source and t.other_year = o.year and left(t.commodity_code, 4) = left(o.commodity_code, 4)
    group by t.source, t.commodity_code, t.other_year
),

place_taken as (
    select
        m.source,
        m.category_scheme,
        m.category_code,
        m.commodity_code,
        t.year_after,
        unnest(string_split(
            coalesce(
                if(t.own_year = t.year_after, s.predecessor_codes, s.successor_codes),
                n.codes,
                'unknown'
            ), ','
        )) as code
    from member as m
    inner join turned as t on m.source = t.source and m.commodity_code = t.commodity_code
    left join succession as s
        on t.source = s.source and t.commodity_code = s.commodity_code and t.own_year = s.list_year
    left join neighbour as n
        on t.source = n.source and t.commodity_code = n.commodity_code and t.other_year = n.other_year
),

break as (
    select
        p.source,
        p.category_scheme,
        p.category_code,
        p.commodity_code,
        string_agg(distinct p.code, ',' order by p.code) as broken_by,
        string_agg(distinct p.year_after::varchar, ',' order by p.year_after::varchar) as broken_in
    from place_taken as p
    anti join member as m
        on
            p.source = m.source and p.category_scheme = m.category_scheme and p.category_code = m.category_code
            and p.code = m.commodity_code
    group by p.source, p.category_scheme, p.category_code, p.commodity_code
),

span as (
    select
        source,
        commodity_code,
        min(year) as first_year,
        max(year) as last_year
    from listed
    group by source, commodity_code
),

final as (
    select
        m.category_scheme,
        m.category_code,
        m.source,
        m.commodity_code,
        y.first_year,
        y.last_year,
        b.predecessor_codes,
        e.successor_codes,
        k.commodity_code is not null as is_broken,
        k.broken_by,
        k.broken_in,
        o.is_synthetic
    from member as m
    inner join {{ ref('dim_source') }} as o on m.source = o.source
    left join span as y on m.source = y.source and m.commodity_code = y.commodity_code
    left join succession as b
        on m.source = b.source and m.commodity_code = b.commodity_code and y.first_year = b.list_year
    left join succession as e
        on m.source = e.source and m.commodity_code = e.commodity_code and y.last_year = e.list_year
    left join break as k
        on
            m.source = k.source and m.category_scheme = k.category_scheme and m.category_code = k.category_code
            and m.commodity_code = k.commodity_code
)

select * from final
