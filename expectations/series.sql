-- Compares: the columns of the two series marts beside their values with what values, coverage and facts make of them.
--           That the values themselves are right, and that each row is there, is found by layers.
-- Window:   every month of both; growth of the year to date looks back to January of the year before.
-- Tolerance: none for whole numbers, the last digits for ratios. Sums over months are made here by giving each month to
--           those that hold it, and not by windows as in the models, on purpose.
with mart as (
    select 'mart_partner_category_monthly' as table_name, *
    from mart_partner_category_monthly
    union all by name
    select 'mart_category_monthly' as table_name, *
    from mart_category_monthly
),

series as (
    select source, reporter, flow, partner_code, category_scheme, category_code, row_number() over () as series_id
    from (
        select distinct source, reporter, flow, partner_code, category_scheme, category_code from mart
    ) as of_mart
),

-- What is known of each series: 0 where a covered month has no row.
known as materialized (
    select s.series_id, 12 * year(v.month) + month(v.month) - 1 as at_month, v.month,
        if(v.covered_usd, coalesce(m.value_usd, 0), null) as usd,
        if(v.covered_local, coalesce(m.value_local, 0), null) as local
    from int_series_coverage as v
    inner join series as s using (source, reporter, flow, partner_code, category_scheme, category_code)
    left join mart as m using (source, reporter, flow, month, partner_code, category_scheme, category_code)
),

-- Months that are asked for, and a year before them.
summed as (
    select distinct at_month - unnest([0, 12]) as at_month
    from (select distinct 12 * year(month) + month(month) - 1 as at_month from mart where is_asked(month)) as asked
),

-- Each month is given to itself and to the twelve after it.
given as (
    select series_id, at_month, later, later <= at_month % 12 as is_same_year, usd, local
    from (
        select series_id, usd, local, unnest(generate_series(0, 12)) as later, at_month + later as at_month from known
    ) as each_later
    semi join summed using (at_month)
),

gathered as materialized (
    select
        series_id,
        at_month,
        sum(usd) filter (where later = 1) as usd_mom,
        sum(local) filter (where later = 1) as local_mom,
        sum(usd) filter (where later = 12) as usd_yoy,
        sum(local) filter (where later = 12) as local_yoy,
        if(count(usd) filter (where is_same_year) = at_month % 12 + 1, sum(usd) filter (where is_same_year), null) as usd_ytd,
        if(count(local) filter (where is_same_year) = at_month % 12 + 1, sum(local) filter (where is_same_year), null)
            as local_ytd,
        if(count(usd) filter (where later < 12) = 12, sum(usd) filter (where later < 12), null) as usd_12,
        if(count(local) filter (where later < 12) = 12, sum(local) filter (where later < 12), null) as local_12,
        if(count(usd) filter (where later < 3) = 3, sum(usd) filter (where later < 3), null) as usd_3,
        if(count(local) filter (where later < 3) = 3, sum(local) filter (where later < 3), null) as local_3
    from given
    group by series_id, at_month
),

-- Lines of which every partner is covered in some currency: their quantities are the partners', else the world file's.
partner_line as (
    select source, reporter, flow, month, commodity_code, partner_code, quantity_1, unit_1, value_usd, value_local
    from fct_trade_monthly
    where is_asked(month)
),

world_line as (
    select source, reporter, flow, month, commodity_code, 'all' as partner_code, quantity_1, unit_1
    from fct_trade_world_monthly
    where is_asked(month)
),

line_month as (
    select distinct source, reporter, flow, month, commodity_code from partner_line
    union
    select distinct source, reporter, flow, month, commodity_code from world_line
),

code_category as (
    select f.source, f.commodity_code, c.category_scheme, c.category_code
    from (
        select distinct source, commodity_code from line_month
    ) as f
    inner join category_prefix as c on f.source = c.source and starts_with(f.commodity_code, c.hs_prefix)
),

whole_line as (
    select l.*
    from line_month as l
    where exists (
        select 1 from coverage as v
        where
            v.partner_code = '*' and v.source = l.source and v.reporter = l.reporter and v.flow = l.flow
            and v.month = l.month and starts_with(l.commodity_code, v.hs_prefix)
    )
),

measured_line as (
    select source, reporter, flow, month, commodity_code, partner_code, quantity_1, unit_1 from partner_line
    union all
    select source, reporter, flow, month, commodity_code, 'all', quantity_1, unit_1
    from partner_line
    semi join whole_line using (source, reporter, flow, month, commodity_code)
    union all
    select source, reporter, flow, month, commodity_code, partner_code, quantity_1, unit_1
    from world_line
    anti join whole_line using (source, reporter, flow, month, commodity_code)
),

-- A 0 without a unit measures nothing; of units that differ there is no sum.
measured as (
    select source, reporter, flow, month, partner_code, category_scheme, category_code,
        min(told_unit) is not distinct from max(told_unit) as is_alike,
        sum(quantity_1) as quantity,
        max(unit_1) as unit
    from (
        select q.* exclude (commodity_code), c.category_scheme, c.category_code,
            case when q.unit_1 is not null or q.quantity_1 is distinct from 0 then coalesce(q.unit_1, '') end as told_unit
        from measured_line as q
        inner join code_category as c using (source, commodity_code)
    ) as measure
    group by all
),

traded_line as (
    select distinct source, reporter, flow, month, partner_code, commodity_code
    from partner_line
    where value_usd > 0 or value_local > 0
    union all
    select distinct source, reporter, flow, month, 'all', commodity_code
    from all_partners
    where value > 0 and is_asked(month)
),

lines as (
    select t.source, t.reporter, t.flow, t.month, t.partner_code, c.category_scheme, c.category_code, count(*) as n
    from traded_line as t
    inner join code_category as c using (source, commodity_code)
    group by all
),

whole as (
    select source, reporter, flow, month, category_scheme, category_code, value_usd, value_local from mart_category_monthly
),

tallied as (
    select
        m.table_name,
        m.source,
        m.reporter,
        m.flow,
        m.month,
        count(*) as n_compared,
        [
            compared('quantity', case when q.is_alike is null then 0 when q.is_alike then q.quantity end, m.quantity, row_key),
            compared('quantity_unit', if(q.is_alike, q.unit, null), m.quantity_unit, row_key),
            measured('value_usd_mom', growth(m.value_usd, g.usd_mom), m.value_usd_mom, row_key),
            measured('value_local_mom', growth(m.value_local, g.local_mom), m.value_local_mom, row_key),
            measured('value_usd_yoy', growth(m.value_usd, g.usd_yoy), m.value_usd_yoy, row_key),
            measured('value_local_yoy', growth(m.value_local, g.local_yoy), m.value_local_yoy, row_key),
            compared('value_usd_ytd', g.usd_ytd, m.value_usd_ytd, row_key),
            compared('value_local_ytd', g.local_ytd, m.value_local_ytd, row_key),
            measured('value_usd_ytd_yoy', growth(g.usd_ytd, b.usd_ytd), m.value_usd_ytd_yoy, row_key),
            measured('value_local_ytd_yoy', growth(g.local_ytd, b.local_ytd), m.value_local_ytd_yoy, row_key),
            compared('is_low_base', g.usd_yoy > 0 and g.usd_yoy < 1000000, m.is_low_base, row_key),
            measured('unit_value_usd', share(m.value_usd, m.quantity), m.unit_value_usd, row_key),
            measured('unit_value_local', share(m.value_local, m.quantity), m.unit_value_local, row_key),
            compared('value_usd_rolling_12', g.usd_12, m.value_usd_rolling_12, row_key),
            compared('value_local_rolling_12', g.local_12, m.value_local_rolling_12, row_key),
            measured('value_usd_mean_3', g.usd_3 / 3.0, m.value_usd_mean_3, row_key),
            measured('value_local_mean_3', g.local_3 / 3.0, m.value_local_mean_3, row_key),
            compared('n_lines', coalesce(l.n, 0), m.n_lines, row_key),
            measured('partner_share_usd', share(m.value_usd, w.value_usd), m.partner_share_usd, row_key),
            measured('partner_share_local', share(m.value_local, w.value_local), m.partner_share_local, row_key)
        ] as answers
    from (select *, series_key(partner_code, category_scheme, category_code) as row_key from mart) as m
    inner join series as s using (source, reporter, flow, partner_code, category_scheme, category_code)
    left join gathered as g on s.series_id = g.series_id and g.at_month = 12 * year(m.month) + month(m.month) - 1
    left join gathered as b on s.series_id = b.series_id and b.at_month = 12 * year(m.month) + month(m.month) - 13
    left join measured as q using (source, reporter, flow, month, partner_code, category_scheme, category_code)
    left join lines as l using (source, reporter, flow, month, partner_code, category_scheme, category_code)
    left join whole as w
        on
            m.source = w.source and m.reporter = w.reporter and m.flow = w.flow
            and if(m.partner_code <> 'all', m.month, null) = w.month
            and m.category_scheme = w.category_scheme and m.category_code = w.category_code
    where is_asked(m.month)
    group by all
)

select * from answers_by_column('tallied', 'docs/marts.md')
where table_name = 'mart_partner_category_monthly' or not starts_with(column_name, 'partner_share')
