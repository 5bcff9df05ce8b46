-- Compares: every figure of mart_category_period and mart_partner_category_period with what the series marts, coverage
--           and weights of the facts make of the months of each period, and that each period stands there, once.
-- Window:   every month of both; twelve months and the year before them reach back two years, and a period that goes on is
--           moved by the months after it in its year.
-- Tolerance: none for whole numbers, the last digits for ratios. Here each month is given to the periods that hold it; the
--           models sum them by windows and groups, on purpose.
with mart as (
    select * from mart_partner_category_monthly
    union all by name
    select * from mart_category_monthly
),

series as (
    select *, row_number() over () as series_id from first_traded
),

code_category as (
    select f.source, f.commodity_code, c.category_scheme, c.category_code
    from (
        select distinct source, commodity_code from fct_trade_monthly
        union
        select distinct source, commodity_code from fct_trade_world_monthly
    ) as f
    inner join category_prefix as c on f.source = c.source and starts_with(f.commodity_code, c.hs_prefix)
),

-- Lines of which every partner is covered in some currency: their weights are the partners', else the world file's.
whole_line as (
    select distinct f.source, f.reporter, f.flow, f.month, f.commodity_code
    from (
        select source, reporter, flow, month, commodity_code from fct_trade_monthly
        union
        select source, reporter, flow, month, commodity_code from fct_trade_world_monthly
    ) as f
    inner join coverage as v
        on
            v.partner_code = '*' and f.source = v.source and f.reporter = v.reporter and f.flow = v.flow
            and f.month = v.month and starts_with(f.commodity_code, v.hs_prefix)
),

weighed_line as (
    select *, net_weight_kg is null and greatest(value_usd, value_local) > 0 as is_lacking
    from (
        select source, reporter, flow, month, commodity_code, partner_code, value_usd, value_local, net_weight_kg,
            weight_is_estimated
        from fct_trade_monthly
        union all by name
        select source, reporter, flow, month, commodity_code, 'all' as partner_code, value_usd, value_local, net_weight_kg,
            weight_is_estimated
        from fct_trade_monthly
        semi join whole_line using (source, reporter, flow, month, commodity_code)
        union all by name
        select source, reporter, flow, month, commodity_code, 'all' as partner_code, value_usd, value_local, net_weight_kg,
            weight_is_estimated
        from fct_trade_world_monthly
        anti join whole_line using (source, reporter, flow, month, commodity_code)
    ) as line
),

weighed as (
    select w.source, w.reporter, w.flow, w.month, w.partner_code, c.category_scheme, c.category_code,
        if(bool_or(w.is_lacking), null, coalesce(sum(w.net_weight_kg), 0)) as weight,
        bool_or(coalesce(w.weight_is_estimated, false)) as is_estimated
    from weighed_line as w
    inner join code_category as c using (source, commodity_code)
    group by all
),

-- What is known of each series in each month: 0 where a covered month has no row.
known as materialized (
    select s.series_id, 12 * year(v.month) + month(v.month) - 1 as at_month, v.month,
        if(v.covered_usd, coalesce(m.value_usd, 0), null) as usd,
        if(v.covered_local, coalesce(m.value_local, 0), null) as local,
        if(m.month is null, 0, m.quantity) as quantity,
        if(m.month is null or (m.quantity = 0 and m.quantity_unit is null), null, coalesce(m.quantity_unit, '')) as unit,
        if(m.month is null or w.month is null, 0, w.weight) as weight,
        coalesce(w.is_estimated, false) as is_estimated
    from int_series_coverage as v
    inner join series as s using (source, reporter, flow, partner_code, category_scheme, category_code)
    left join mart as m using (source, reporter, flow, month, partner_code, category_scheme, category_code)
    left join weighed as w using (source, reporter, flow, month, partner_code, category_scheme, category_code)
),

whole as (
    select s.series_id, w.series_id as whole_id
    from series as s
    left join series as w
        on
            w.partner_code = 'all' and s.source = w.source and s.reporter = w.reporter and s.flow = w.flow
            and s.category_scheme = w.category_scheme and s.category_code = w.category_code
),

every_partner as (
    select s.series_id, c.month
    from category_cover as c
    inner join series as s using (source, reporter, flow, category_scheme, category_code)
    where c.partner_code = '*' and c.covered_usd
),

-- A period that holds a month that is asked for ends no sooner, and begins no more than eleven months before.
since as (
    select min(at_month) as at_month from known where is_asked(month)
),

with_others as materialized (
    select k.*, b.usd as base_usd, b.local as base_local, w.usd as whole_usd, w.local as whole_local,
        y.usd as whole_base_usd, e.month is not null as has_every_partner
    from known as k
    inner join whole as i using (series_id)
    left join known as b on k.series_id = b.series_id and k.at_month = b.at_month + 12
    left join known as w on i.whole_id = w.series_id and k.at_month = w.at_month
    left join known as y on i.whole_id = y.series_id and k.at_month = y.at_month + 12
    left join every_partner as e on k.series_id = e.series_id and k.month = e.month
    where k.at_month >= (select at_month - 11 from since)
),

calendar as (
    select series_id, at_month, usd, t.*, at_month - at_month % length as begins_at, begins_at + length - 1 as ends_at
    from with_others
    cross join (values ('quarter', 3), ('half', 6), ('year', 12)) as t (period_type, length)
    where ends_at >= (select at_month from since)
),

in_dollars as (
    select series_id, period_type, begins_at, bool_or(usd is not null) as has_usd
    from calendar
    group by all
),

given as (
    select w.*, c.period_type, c.begins_at, c.ends_at, i.has_usd
    from with_others as w
    inner join calendar as c using (series_id, at_month)
    inner join in_dollars as i using (series_id, period_type, begins_at)
    union all by name
    -- Of those that run, each month has one: which months are asked is known before they are summed.
    select *
    from (
        select *, 'year_to_date' as period_type, at_month - at_month % 12 as begins_at,
            unnest(generate_series(at_month, begins_at + 11)) as ends_at
        from with_others
        union all by name
        select *, ends_at - 11 as begins_at
        from (
            select *, 'rolling_12' as period_type, unnest(generate_series(at_month, at_month + 11)) as ends_at
            from with_others
        ) as each_end
    ) as running
    where is_asked(make_date((ends_at // 12)::int, (ends_at % 12 + 1)::int, 1))
),

gathered as (
    select series_id, period_type, begins_at, ends_at, has_usd, max(month) as month, count(*) as n,
        count(usd) as n_usd, sum(usd) as usd, count(local) as n_local, sum(local) as local,
        if(count(quantity) = n and min(unit) is not distinct from max(unit), sum(quantity), null) as quantity,
        nullif(if(count(quantity) = n and min(unit) is not distinct from max(unit), max(unit), null), '') as unit,
        if(count(weight) = n, sum(weight), null) as weight, bool_or(is_estimated) as is_estimated,
        if(count(base_usd) = n, sum(base_usd), null) as base_usd,
        if(count(base_local) = n, sum(base_local), null) as base_local,
        if(count(whole_usd) = n, sum(whole_usd), null) as whole_usd,
        if(count(whole_local) = n, sum(whole_local), null) as whole_local,
        if(count(whole_base_usd) = n, sum(whole_base_usd), null) as whole_base_usd,
        bool_and(has_every_partner) as has_every_partner
    from given
    where has_usd is null or usd is not null or (not has_usd and local is not null)
    group by series_id, period_type, begins_at, ends_at, has_usd
),

due as materialized (
    select
        table_of('period', s.partner_code) as table_name,
        s.* exclude (series_id, first_month),
        g.* exclude (series_id, usd, local),
        if(g.n_usd = g.n, g.usd, null) as usd,
        if(g.n_local = g.n, g.local, null) as local,
        make_date((begins_at // 12)::int, (begins_at % 12 + 1)::int, 1) as period_from,
        make_date((ends_at // 12)::int, (ends_at % 12 + 1)::int, 1) as period_to,
        ends_at - begins_at + 1 as n_due,
        s.partner_code <> 'all' and usd > 0 and g.has_every_partner and not coalesce(p.is_reimport, false)
            and coalesce(p.partner_iso3 <> s.reporter, true) as is_placed
    from gathered as g
    inner join series as s using (series_id)
    left join dim_partner as p using (source, partner_code)
    where
        is_asked(g.month) and g.month >= s.first_month
        and (g.has_usd is not null or ((g.n_usd = g.n or g.n_local = g.n) and g.n = n_due))
),

-- Who trades as much as another has the place of the first of them.
placed as (
    select source, reporter, flow, category_scheme, category_code, period_type, period_from, month,
        unnest(list(usd order by usd desc)) as usd, unnest(generate_series(1, count(*))) as place
    from due
    where is_placed
    group by source, reporter, flow, category_scheme, category_code, period_type, period_from, month
),

rank as (
    select * exclude (place), min(place) as place, true as is_placed from placed group by all
),

tallied as (
    select
        p.table_name,
        p.source,
        p.reporter,
        p.flow,
        p.month,
        count(*) as n_compared,
        [
            compared('period', case p.period_type
                when 'quarter' then format('{}-Q{}', year(d.period_from), (month(d.period_from) + 2) // 3)
                when 'half' then format('{}-H{}', year(d.period_from), (month(d.period_from) + 5) // 6)
                when 'year' then year(d.period_from)::varchar
                else format('{:04d}-{:02d}..{:04d}-{:02d}', year(d.period_from), month(d.period_from), year(d.period_to),
                    month(d.period_to))
            end, p.period, row_key),
            compared('period_from', d.period_from, p.period_from, row_key),
            compared('period_to', d.period_to, p.period_to, row_key),
            compared('n_months', d.n, p.n_months, row_key),
            compared('n_months_due', d.n_due, p.n_months_due, row_key),
            compared('is_complete', d.n = d.n_due, p.is_complete, row_key),
            compared('value_usd', d.usd, p.value_usd, row_key),
            compared('value_local', d.local, p.value_local, row_key),
            compared('quantity', d.quantity, p.quantity, row_key),
            compared('quantity_unit', d.unit, p.quantity_unit, row_key),
            compared('net_weight_kg', d.weight, p.net_weight_kg, row_key),
            compared('weight_is_estimated', if(d.weight is null, null, d.is_estimated), p.weight_is_estimated, row_key),
            compared('value_usd_year_before', d.base_usd, p.value_usd_year_before, row_key),
            compared('value_local_year_before', d.base_local, p.value_local_year_before, row_key),
            measured('value_usd_yoy', growth(d.usd, d.base_usd), p.value_usd_yoy, row_key),
            measured('value_local_yoy', growth(d.local, d.base_local), p.value_local_yoy, row_key),
            measured('partner_share_usd', share(d.usd, d.whole_usd), p.partner_share_usd, row_key),
            measured('partner_share_local', share(d.local, d.whole_local), p.partner_share_local, row_key),
            measured('contribution_usd_yoy', share(d.usd - d.base_usd, d.whole_base_usd), p.contribution_usd_yoy, row_key),
            compared('rank_usd', r.place, p.rank_usd, row_key),
            compared('is_low_base', d.base_usd > 0 and d.base_usd < 1000000, p.is_low_base, row_key)
        ] as answers
    from (select *, series_key(partner_code, category_scheme, category_code) as row_key from int_period where is_asked(month)) as p
    left join due as d
        using (table_name, source, reporter, flow, month, partner_code, category_scheme, category_code, period_type)
    left join rank as r
        on
            d.is_placed = r.is_placed and d.usd = r.usd and p.source = r.source and p.reporter = r.reporter
            and p.flow = r.flow and p.category_scheme = r.category_scheme and p.category_code = r.category_code
            and p.period_type = r.period_type and d.period_from = r.period_from and p.month = r.month
    group by all
),

found as materialized (
    select table_name, source, reporter, flow, month, partner_code, category_scheme, category_code, period_type
    from int_period
    where is_asked(month)
),

standing as (
    select * from found
    semi join due using (table_name, source, reporter, flow, month, partner_code, category_scheme, category_code, period_type)
)

select * from answers_by_column('tallied', 'docs/marts.md')
semi join published_column using (table_name, column_name)
union all by name
select * from answers_by_rows('due', 'found', 'docs/marts.md')
union all by name
select * replace (table_name || ', by its keys' as scope) from answers_by_rows('due', 'standing', 'docs/marts.md')
