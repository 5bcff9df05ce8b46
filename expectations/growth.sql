-- Compares: changes, contributions, ranks, logarithms and the history of unit values of mart_category_growth_monthly and
--           mart_partner_category_growth_monthly with what the series marts make of them. That the rows and their values
--           are there is found by derived_marts.
-- Window:   every month of both, and the twelve before.
-- Tolerance: the last digits of what is divided, and of logarithms.
with series as (
    select * from mart_partner_category_monthly
    union all by name
    select * from mart_category_monthly
),

-- The same month a year before; 0 where it was covered and nothing had been traded yet.
year_before as (
    select v.source, v.reporter, v.flow, (v.month + interval 1 year)::date as month, v.partner_code, v.category_scheme,
        v.category_code, if(v.covered_usd, coalesce(s.value_usd, 0), null) as value_usd,
        if(s.quantity > 0, s.quantity, null) as quantity, s.quantity_unit
    from int_series_coverage as v
    left join series as s using (source, reporter, flow, month, partner_code, category_scheme, category_code)
    where is_asked((v.month + interval 1 year)::date)
),

-- The middle of the unit values of the twelve months before, of at least six in the same unit.
history as (
    select source, reporter, flow, partner_code, category_scheme, category_code, month, list_sort(found) as sorted,
        if(len(sorted) < 6, null, (sorted[(len(sorted) + 1) // 2] + sorted[len(sorted) // 2 + 1]) / 2) as middle
    from (
        select source, reporter, flow, partner_code, category_scheme, category_code, month,
            list(unit_value_usd) filter (where unit_value_usd is not null) over year_before as found
        from series
        window year_before as (
            partition by source, reporter, flow, partner_code, category_scheme, category_code, quantity_unit order by month
            range between interval 12 month preceding and interval 1 month preceding
        )
    ) as each_month
    where is_asked(month)
),

-- Of partners in whole categories, those before which nobody or fewer come.
ranked as (
    select s.source, s.reporter, s.flow, s.month, s.category_scheme, s.category_code, s.partner_code, s.value_usd
    from mart_partner_category_monthly as s
    inner join category_cover as c using (source, reporter, flow, month, category_scheme, category_code)
    anti join (select source, partner_code from dim_partner where is_reimport) as p
        on s.source = p.source and s.partner_code = p.partner_code
    where
        is_asked(s.month) and c.partner_code = '*' and c.covered_usd and s.value_usd > 0
        and coalesce(s.partner_iso3 <> s.reporter, true)
),

placed as (
    select source, reporter, flow, month, category_scheme, category_code,
        unnest(list(partner_code order by value_usd desc, partner_code)) as partner_code,
        unnest(list(value_usd order by value_usd desc, partner_code)) as value_usd,
        unnest(generate_series(1, count(*))) as place
    from ranked
    group by source, reporter, flow, month, category_scheme, category_code
),

-- Who trades as much as another has the place of the first of them.
rank as (
    select p.* replace (t.place as place)
    from placed as p
    inner join (
        select source, reporter, flow, month, category_scheme, category_code, value_usd, min(place) as place
        from placed
        group by all
    ) as t using (source, reporter, flow, month, category_scheme, category_code, value_usd)
),

paired as (
    select
        g.*,
        s.value_usd as series_usd,
        s.value_usd_yoy as series_yoy,
        s.is_low_base as series_low_base,
        b.value_usd as base_usd,
        w.value_usd as whole_base_usd,
        r.place,
        s.unit_value_usd as series_unit_value,
        u.middle,
        s.value_usd > 0 and b.value_usd > 0 and s.quantity > 0 and b.quantity > 0 and s.quantity_unit = b.quantity_unit
            as is_split,
        s.value_usd / b.value_usd::double as times_value,
        s.quantity / b.quantity::double as times_quantity
    from (select * from int_growth_monthly where is_asked(month)) as g
    left join series as s using (source, reporter, flow, month, partner_code, category_scheme, category_code)
    left join year_before as b using (source, reporter, flow, month, partner_code, category_scheme, category_code)
    left join year_before as w
        on
            w.partner_code = 'all' and g.source = w.source and g.reporter = w.reporter and g.flow = w.flow
            and g.month = w.month and g.category_scheme = w.category_scheme and g.category_code = w.category_code
    left join history as u using (source, reporter, flow, month, partner_code, category_scheme, category_code)
    left join rank as r
        on
            g.source = r.source and g.reporter = r.reporter and g.flow = r.flow and g.month = r.month
            and g.partner_code = r.partner_code and g.category_scheme = r.category_scheme
            and g.category_code = r.category_code
),

tallied as (
    select
        table_name,
        source,
        reporter,
        flow,
        month,
        count(*) as n_compared,
        [
            compared('value_usd', series_usd, value_usd, row_key),
            measured('value_usd_yoy', series_yoy, value_usd_yoy, row_key),
            measured('contribution_usd_yoy', share(series_usd - base_usd, if(partner_code = 'all', base_usd, whole_base_usd)),
                contribution_usd_yoy, row_key),
            compared('rank_usd', place, rank_usd, row_key),
            measured('log_change_value', case when is_split then log(times_value) / log(exp(1)) end, log_change_value, row_key),
            measured('log_change_quantity', case when is_split then log(times_quantity) / log(exp(1)) end,
                log_change_quantity, row_key),
            measured('log_change_unit_value', case when is_split then log(times_value / times_quantity) / log(exp(1)) end,
                log_change_unit_value, row_key),
            measured('unit_value_usd', series_unit_value, unit_value_usd, row_key),
            measured('unit_value_usd_median_12', middle, unit_value_usd_median_12, row_key),
            compared('is_unit_value_unusual', series_unit_value not between middle / 5 and middle * 5,
                is_unit_value_unusual, row_key),
            compared('is_low_base', series_low_base, is_low_base, row_key)
        ] as answers
    from (select *, series_key(partner_code, category_scheme, category_code) as row_key from paired) as paired
    group by all
)

select * from answers_by_column('tallied', 'docs/marts.md')
