-- Compares: every column of dim_commodity and dim_category_line with the code lists and the review, and with what was printed
--           of lines that no list has.
-- Window:   every line and year, told under the last month received.
-- Tolerance: none.
with wanted_year as (
    select distinct year from dim_month
),

-- Lines of the tariff; which were traded, and how they are called where no list has them, is printed.
line as (
    select o.source, o.code_system, l.year, l.code as commodity_code, l.name_en, l.name_zh, l.unit_1, l.unit_2
    from listed_code as l
    inner join declared_source as o using (code_system)
    where l.code_list = 'hs8'
),

-- All that was printed of codes, whether it counts or not: read once, since no month of it is taken over.
print as materialized (
    select source, hs_code as commodity_code, year(month) as year, precedence, hs_name, min(month) as first_month,
        max(month) as last_month
    from raw_row
    group by all
),

printed as (
    select p.source, p.commodity_code, p.year, min(p.first_month) as first_month, max(p.last_month) as last_month
    from print as p
    inner join declared_source as o using (source)
    where len(p.commodity_code) = o.code_digits
    group by all
),

list_year as (
    select y.source, y.year, max(l.year) as list_year
    from (
        select source, year from declared_source cross join (select year from wanted_year) as every_year
        union
        select source, year from printed
    ) as y
    left join (select distinct source, year from line) as l on y.source = l.source and y.year >= l.year
    group by all
),

tariff as materialized (
    select d.source, d.commodity_code, d.year::int as year, y.list_year::int as list_year, l.name_en, l.name_zh, l.unit_1,
        l.unit_2, l.commodity_code is not null as is_listed
    from (
        select y.source, y.year, l.commodity_code
        from list_year as y
        inner join line as l on y.source = l.source and y.list_year = l.year
        union
        select source, year, commodity_code from printed
    ) as d
    inner join list_year as y on d.source = y.source and d.year = y.year
    left join line as l on d.source = l.source and d.commodity_code = l.commodity_code and y.list_year = l.year
),

-- Of several spellings the one printed last; only of lines that lack a name in some year.
spelling as (
    select source, commodity_code, regexp_matches(hs_name, '[\x{4e00}-\x{9fff}]') as is_chinese,
        arg_max(hs_name, { precedence: precedence, month: last_month, name: hs_name }) as name
    from print
    semi join (select source, commodity_code from tariff where name_en is null or name_zh is null) as t
        using (source, commodity_code)
    where hs_name is not null
    group by all
),

-- Codes that end with a list, or begin with the next, and those that seem to stand for them there: as the review says,
-- else of the same name, else of the same six digits.
list_change as (
    select source, year, max(before) as before
    from (
        select l.source, l.year, e.year as before
        from (select distinct source, year from line) as l
        inner join (select distinct source, year from line) as e on l.source = e.source and l.year > e.year
    ) as earlier
    group by source, year
),

ended as (
    select e.*, c.year as next_year
    from line as e
    inner join list_change as c on e.source = c.source and e.year = c.before
    anti join line as n on e.source = n.source and e.commodity_code = n.commodity_code and c.year = n.year
),

begun as (
    select n.*, c.before
    from line as n
    inner join list_change as c on n.source = c.source and n.year = c.year
    anti join line as e on n.source = e.source and n.commodity_code = e.commodity_code and c.before = e.year
),

succeeded as materialized (
    select e.source, e.year as year_before, e.commodity_code as old_code, n.year as year_after, n.commodity_code as new_code,
        case when r.ended is not null then 1 when e.name_en = n.name_en or e.name_zh = n.name_zh then 2 else 3 end as kin
    from ended as e
    inner join begun as n on e.source = n.source and e.next_year = n.year
    left join review_commodity_successions as r
        on
            if(e.code_system = 'gacc', e.commodity_code, null) = r.ended and n.commodity_code = r.begun
            and r.first_year::int > e.year and r.first_year::int <= n.year
    where
        r.ended is not null or coalesce(e.name_en = n.name_en, false) or coalesce(e.name_zh = n.name_zh, false)
        or e.commodity_code[:6] = n.commodity_code[:6]
),

kin as (
    select source, year_before as list_year, old_code as commodity_code, new_code as other, true as is_later, kin,
        min(kin) over (partition by source, year_before, old_code) as nearest
    from succeeded
    union all
    select source, year_after, new_code, old_code, false, kin, min(kin) over (partition by source, year_after, new_code)
    from succeeded
),

turned as (
    select source, list_year, commodity_code,
        string_agg(distinct other, ',' order by other) filter (where not is_later) as predecessor_codes,
        string_agg(distinct other, ',' order by other) filter (where is_later) as successor_codes
    from kin
    where kin = nearest
    group by all
),

wanted_commodity as (
    select
        d.source,
        d.commodity_code,
        d.year,
        d.list_year,
        if(d.list_year is null, null, d.is_listed) as is_listed,
        d.commodity_code[:6] as hs6,
        d.commodity_code[:4] as hs4,
        d.commodity_code[:2] as hs2,
        s.section,
        coalesce(d.name_en, e.name) as commodity_name,
        coalesce(d.name_zh, z.name) as commodity_name_zh,
        d.unit_1,
        d.unit_2,
        k.predecessor_codes,
        k.successor_codes,
        t.first_month,
        t.last_month
    from tariff as d
    left join review_hs_sections as s on d.commodity_code[:2] >= s.first_chapter and d.commodity_code[:2] <= s.last_chapter
    left join printed as t using (source, commodity_code, year)
    left join spelling as e on d.source = e.source and d.commodity_code = e.commodity_code and not e.is_chinese
    left join spelling as z on d.source = z.source and d.commodity_code = z.commodity_code and z.is_chinese
    left join turned as k
        on d.source = k.source and d.commodity_code = k.commodity_code and d.list_year = k.list_year
),

-- Lines of the chosen categories: from the first to the last list that has them.
member as (
    select c.category_scheme, c.category_code, l.source, l.commodity_code
    from (select distinct source, commodity_code from tariff where is_listed union select source, commodity_code from printed
        union select source, commodity_code from line) as l
    inner join category_prefix as c on l.source = c.source and c.hs_prefix <> '' and starts_with(l.commodity_code, c.hs_prefix)
    semi join chosen_category as k on c.category_scheme = k.category_scheme and c.category_code = k.category_code
),

listed_span as (
    select source, commodity_code, min(year) as first_year, max(year) as last_year from line group by all
),

-- What takes the place of a line that ends or begins: its kin, else what the other list has of its heading.
other_list as (
    select source, year_before as own_year, old_code as commodity_code, other_year, is_later from (
        select source, year as year_before, commodity_code as old_code, next_year as other_year, true as is_later from ended
        union all
        select source, year, commodity_code, before, false from begun
    ) as either
),

near as (
    select o.source, o.own_year, o.commodity_code, o.other_year, l.commodity_code as code,
        l.commodity_code[:6] = o.commodity_code[:6] as is_nearer
    from other_list as o
    semi join member using (source, commodity_code)
    inner join line as l on o.source = l.source and o.other_year = l.year and o.commodity_code[:4] = l.commodity_code[:4]
),

stands_for as (
    select o.source, o.commodity_code, greatest(o.own_year, o.other_year) as changed_in,
        coalesce(
            string_split(if(o.is_later, k.successor_codes, k.predecessor_codes), ','),
            (select list(n.code) from near as n where n.is_nearer and n.source = o.source and n.own_year = o.own_year
                and n.commodity_code = o.commodity_code and n.other_year = o.other_year),
            (select list(n.code) from near as n where n.source = o.source and n.own_year = o.own_year
                and n.commodity_code = o.commodity_code and n.other_year = o.other_year),
            ['unknown']
        ) as codes
    from other_list as o
    semi join member using (source, commodity_code)
    left join turned as k on o.source = k.source and o.own_year = k.list_year and o.commodity_code = k.commodity_code
),

broken as (
    select m.category_scheme, m.category_code, m.source, m.commodity_code, s.changed_in, s.code
    from (select * exclude (codes), unnest(codes) as code from stands_for) as s
    inner join member as m using (source, commodity_code)
    where (m.category_scheme, m.category_code, m.source, s.code)
        not in (select (category_scheme, category_code, source, commodity_code) from member)
),

broken_line as (
    select category_scheme, category_code, source, commodity_code, string_agg(distinct code, ',' order by code) as broken_by,
        string_agg(distinct changed_in::varchar, ',' order by changed_in::varchar) as broken_in
    from broken
    group by all
),

wanted_line as (
    select distinct m.category_scheme, m.category_code, m.source, m.commodity_code, y.first_year, y.last_year,
        b.predecessor_codes, e.successor_codes, k.broken_by is not null as is_broken, k.broken_by, k.broken_in
    from member as m
    left join listed_span as y using (source, commodity_code)
    left join turned as b on m.source = b.source and m.commodity_code = b.commodity_code and y.first_year = b.list_year
    left join turned as e on m.source = e.source and m.commodity_code = e.commodity_code and y.last_year = e.list_year
    left join broken_line as k
        on
            m.category_scheme = k.category_scheme and m.category_code = k.category_code and m.source = k.source
            and m.commodity_code = k.commodity_code
),

said as (
    select 'dim_category_line' as table_name, concat_ws(' ', category_scheme, category_code, source, commodity_code) as row_key, to_json(t) as row
    from dim_category_line as t
    union all
    select 'dim_commodity', concat_ws(' ', source, commodity_code, year), to_json(t) from dim_commodity as t
),

wanted as (
    select 'dim_category_line' as table_name, concat_ws(' ', category_scheme, category_code, source, commodity_code) as row_key, to_json(t) as row
    from marked('wanted_line') as t
    union all
    select 'dim_commodity', concat_ws(' ', source, commodity_code, year), to_json(t) from marked('wanted_commodity') as t
)

select * from answers_by_json('said', 'wanted', 'docs/rules.md')
