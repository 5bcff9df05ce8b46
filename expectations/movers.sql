-- Compares: rows and columns of mart_category_mover_monthly and mart_partner_category_mover_monthly with what the series,
--           headline, growth and period marts and the reviewed rules say is worth a sentence.
-- Window:   every month of both; runs are counted two years back.
-- Tolerance: none for whole numbers and words, the last digits for ratios. Here a run is told by the last month before it
--           that breaks it, and not by where it begins, as in the model.
with rule as (
    select max(value::double) filter (where rule = 'floor_share') as floor_share,
        max(value::int) filter (where rule = 'floor_months') as floor_months,
        max(value::double) filter (where rule = 'growth') as growth,
        max(value::double) filter (where rule = 'fall') as fall,
        max(value::int) filter (where rule = 'same_sign_months') as same_sign_months,
        max(value::double) filter (where rule = 'contribution') as least_contribution,
        max(value::int) filter (where rule = 'record_months') as record_months,
        max(value::int) filter (where rule = 'record_age_months') as record_age_months,
        max(value::double) filter (where rule = 'record_margin') as record_margin,
        max(value::int) filter (where rule = 'threshold_months') as threshold_months
    from review_mover_rules
    where try_cast(value as double) is not null
),

series as (
    select * from mart_partner_category_monthly
    union all by name
    select * from mart_category_monthly
),

-- Series that are at the floor in some month; of the others nothing is told.
large as (
    select distinct s.source, s.reporter, s.flow, s.partner_code, s.category_scheme, s.category_code
    from series as s
    inner join dim_category_scheme as t using (category_scheme)
    where s.value_usd >= t.threshold_usd * (select floor_share from rule)
),

-- Each of them in each month of which coverage speaks, whether it has a row or not.
told_month as materialized (
    select v.source, v.reporter, v.flow, v.month, v.partner_code, v.category_scheme, v.category_code,
        12 * year(v.month) + month(v.month) as at_month, month(v.month) = 1 as is_january, month(v.month) = 2 as is_february,
        t.threshold_usd, t.threshold_usd * r.floor_share as floor_usd, s.value_usd,
        case when is_february then s.value_usd_ytd when not is_january then s.value_usd end as compared_usd,
        case when is_february then s.value_usd_ytd_yoy when not is_january then s.value_usd_yoy end as change,
        change >= r.growth or change <= r.fall as is_far
    from int_series_coverage as v
    semi join large as l using (source, reporter, flow, partner_code, category_scheme, category_code)
    inner join dim_category_scheme as t using (category_scheme)
    cross join rule as r
    left join series as s using (source, reporter, flow, month, partner_code, category_scheme, category_code)
    left join dim_partner as p using (source, partner_code)
    where not coalesce(p.is_reimport, false) and coalesce(p.partner_iso3 <> v.reporter, true)
),

-- The last months that break each run; a series that is told of from some month on is broken by the month before.
with_breaks as (
    select *,
        coalesce(max(at_month) filter (where (value_usd >= floor_usd) is distinct from true) over before, begun) as floor_break,
        coalesce(max(at_month) filter (where (value_usd < threshold_usd) is distinct from true) over before, begun)
            as below_break,
        coalesce(max(at_month) filter (where not is_january and (change > 0) is distinct from true) over so_far, begun)
            as up_break,
        coalesce(max(at_month) filter (where not is_january and (change < 0) is distinct from true) over so_far, begun)
            as down_break,
        coalesce(max(at_month) filter (where not is_january and (is_far and change > 0) is distinct from true) over so_far,
            begun) as far_up_break,
        coalesce(max(at_month) filter (where not is_january and (is_far and change < 0) is distinct from true) over so_far,
            begun) as far_down_break
    from (
        select *, min(at_month) over (partition by source, reporter, flow, partner_code, category_scheme, category_code) - 1
            as begun
        from told_month
    ) as each_month
    window
        so_far as (
            partition by source, reporter, flow, partner_code, category_scheme, category_code order by at_month
        ),
        before as (
            partition by source, reporter, flow, partner_code, category_scheme, category_code order by at_month
            rows between unbounded preceding and 1 preceding
        )
),

growth as (
    select source, reporter, flow, month, partner_code, category_scheme, category_code, contribution_usd_yoy
    from int_growth_monthly
    where month(month) > 2
    union all by name
    select source, reporter, flow, month, partner_code, category_scheme, category_code, contribution_usd_yoy
    from mart_partner_category_period
    where period_type = 'year_to_date' and month(month) = 2
),

weighed as (
    select b.* exclude (change, compared_usd), if(b.is_january, null, b.change) as change,
        b.compared_usd, case when b.is_february then y.value_usd_ytd when not b.is_january then y.value_usd end as base_usd,
        if(b.partner_code = 'all', b.change, g.contribution_usd_yoy) as contribution,
        least(b.at_month - least(b.up_break, b.down_break), 24) as n_same,
        b.at_month - least(b.far_up_break, b.far_down_break) as n_far,
        if(b.is_february, 2, 1) as n_compared,
        h.is_record, h.known_months, e.record_usd as record_before_usd, e.record_month as record_before_month, r.*
    from with_breaks as b
    cross join rule as r
    inner join int_headline_monthly as h using (source, reporter, flow, month, partner_code, category_scheme, category_code)
    left join int_headline_monthly as e
        on
            b.source = e.source and b.reporter = e.reporter and b.flow = e.flow and b.partner_code = e.partner_code
            and b.category_scheme = e.category_scheme and b.category_code = e.category_code
            and b.month = e.month + interval 1 month
    left join series as y
        on
            b.source = y.source and b.reporter = y.reporter and b.flow = y.flow and b.partner_code = y.partner_code
            and b.category_scheme = y.category_scheme and b.category_code = y.category_code
            and b.month = y.month + interval 12 month
    left join growth as g
        on
            b.source = g.source and b.reporter = g.reporter and b.flow = g.flow and b.partner_code = g.partner_code
            and b.category_scheme = g.category_scheme and b.category_code = g.category_code and b.month = g.month
    where is_asked(b.month) and b.at_month - 1 - b.floor_break >= r.floor_months
),

-- Told in the first month of a run, and in those in which it has lasted 3, 6, 12 and 24.
due as materialized (
    select table_of('mover_monthly', w.partner_code) as table_name, w.*, each_reason.reason, d.category_name,
        o.is_synthetic, p.partner_name, p.partner_iso3, w.compared_usd - w.base_usd as moved_usd
    from weighed as w
    inner join (values ('growth'), ('fall'), ('record'), ('threshold')) as each_reason (reason)
        on case each_reason.reason
            when 'record' then
                w.is_record and w.known_months >= w.record_months and w.value_usd >= w.record_before_usd * (1 + w.record_margin)
                and w.record_before_month <= w.month - to_months(w.record_age_months)
            when 'threshold' then
                w.value_usd >= w.threshold_usd and w.at_month - 1 - w.below_break >= w.threshold_months
            else
                (w.change > 0) = (each_reason.reason = 'growth') and w.is_far and w.base_usd >= w.n_compared * w.floor_usd
                and w.n_same >= w.same_sign_months
                and (w.partner_code = 'all' or w.contribution is null or abs(w.contribution) >= w.least_contribution)
                and len(list_intersect([1, 3, 6, 12, 24], range(w.n_far - w.n_compared + 1, w.n_far + 1))) > 0
        end
    left join dim_category as d using (category_scheme, category_code)
    left join dim_source as o using (source)
    left join dim_partner as p using (source, partner_code)
),

placed as (
    select table_name, source, reporter, flow, month, category_scheme,
        unnest(list({'category_code': category_code, 'partner_code': partner_code, 'reason': reason}
            order by coalesce(abs(moved_usd), 0) desc, value_usd desc, category_code, partner_code, reason), recursive := true),
        unnest(generate_series(1, count(*))) as place
    from due
    group by table_name, source, reporter, flow, month, category_scheme
),

worded as (
    select d.*, l.place,
        case when d.value_usd < 1000000000 then format('US${:.0f} m', d.value_usd / 1e6)
            else format('US${:.2f} bn', d.value_usd / 1e9) end as value_words,
        case when d.compared_usd < 1000000000 then format('US${:.0f} m', d.compared_usd / 1e6)
            else format('US${:.2f} bn', d.compared_usd / 1e9) end as compared_words,
        case when d.record_before_usd < 1000000000 then format('US${:.0f} m', d.record_before_usd / 1e6)
            else format('US${:.2f} bn', d.record_before_usd / 1e9) end as record_words,
        case when d.threshold_usd < 1000000000 then format('US${} m', round(d.threshold_usd / 1e6, 2)::decimal(18, 2))
            else format('US${} bn', round(d.threshold_usd / 1e9, 2)::decimal(18, 2)) end as mark_words,
        case
            when d.change is null then ''
            when abs(d.change) < 0.005 then ', little changed on a year before'
            else format(', {} {:.0f} % on a year before', if(d.change > 0, 'up', 'down'), 100 * abs(d.change))
        end as change_words,
        case
            when d.category_scheme in ('hs2', 'hs4', 'hs6')
                then format('{} (HS {})', trim(regexp_extract(d.category_name, '^[^;,(]*')), d.category_code)
            else d.category_name
        end as category_words,
        case
            when d.partner_code = 'all' then 'all partners'
            when d.partner_iso3 in ('BHS', 'GMB', 'MDV', 'NLD', 'PHL')
                or regexp_matches(d.partner_name, '^United |Republic|Islands') then 'the ' || d.partner_name
            else d.partner_name
        end as partner_words,
        ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth', 'tenth', 'eleventh', 'twelfth',
            '13th', '14th', '15th', '16th', '17th', '18th', '19th', '20th', '21st', '22nd', '23rd', 'at least the 24th'] as places
    from due as d
    inner join placed as l using (table_name, source, reporter, flow, month, category_scheme, category_code, partner_code, reason)
),

said as (
    select *, format('{}{} {} {}: {}.', if(is_synthetic, 'SYNTHETIC: ', ''), category_words, if(flow = 'import', 'from', 'to'),
        partner_words, case reason
            when 'record' then format(
                '{} in {}{}, more than in any month before; the record had been {}, of {}', value_words,
                strftime(month, '%B %Y'), if(is_february, '', change_words), record_words,
                strftime(record_before_month, '%B %Y'))
            when 'threshold' then format(
                '{} in {}{}, at or above {} for the first time{}', value_words, strftime(month, '%B %Y'),
                if(is_february, '', change_words), regexp_replace(mark_words, '\.?0+ ', ' '),
                if(record_before_usd < threshold_usd, '', ' in more than a year'))
            else format(
                '{} in {}{}, {} month {}', compared_words,
                if(is_february, 'January and February ' || year(month), strftime(month, '%B %Y')), change_words,
                if(n_far > n_compared, places[least(n_far, 24)], places[n_same]), case
                    when n_far > n_compared then format('in a row {} or more', if(change > 0, 'up by half', 'down by a third'))
                    else format('of {} in a row', if(change > 0, 'growth', 'decline'))
                end)
        end) as sentence
    from worded
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
            compared('rank', d.place, m.rank, row_key),
            compared('value_usd', d.value_usd, m.value_usd, row_key),
            compared('compared_usd', d.compared_usd, m.compared_usd, row_key),
            compared('compared_usd_year_before', d.base_usd, m.compared_usd_year_before, row_key),
            compared('moved_usd', d.moved_usd, m.moved_usd, row_key),
            measured('compared_usd_yoy', d.change, m.compared_usd_yoy, row_key),
            measured('contribution_usd_yoy', d.contribution, m.contribution_usd_yoy, row_key),
            compared('months_same_sign', if(d.change is null, null, d.n_same), m.months_same_sign, row_key),
            compared('months_beyond', if(d.change is null, null, least(d.n_far, 24)), m.months_beyond, row_key),
            compared('record_before_usd', d.record_before_usd, m.record_before_usd, row_key),
            compared('record_before_month', d.record_before_month, m.record_before_month, row_key),
            compared('threshold_usd', d.threshold_usd, m.threshold_usd, row_key),
            compared('floor_usd', d.floor_usd::bigint, m.floor_usd, row_key),
            compared('sentence', d.sentence, m.sentence, row_key)
        ] as answers
    from (select *, series_key(partner_code, category_scheme, category_code) as row_key from int_mover_monthly where is_asked(month)) as m
    left join said as d
        using (table_name, source, reporter, flow, month, partner_code, category_scheme, category_code, reason)
    group by all
),

found as (
    select table_name, source, reporter, flow, month from int_mover_monthly where is_asked(month)
),

standing as (
    select * from int_mover_monthly
    semi join due using (table_name, source, reporter, flow, month, partner_code, category_scheme, category_code, reason)
)

select * from answers_by_column('tallied', 'docs/marts.md')
union all by name
select * from answers_by_rows('due', 'found', 'docs/marts.md')
union all by name
select * replace (table_name || ', by its keys' as scope) from answers_by_rows('due', 'standing', 'docs/marts.md')
