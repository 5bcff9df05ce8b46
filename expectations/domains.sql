-- Compares: with none at all the value of quarantined rows (unknown partner, regime or province), of codes that the list of
--           their year lacks, and of what is not mapped (a known partner with neither ISO3 nor a reviewed reason, a code
--           without chapter) and of lines at which a reviewed category's series breaks; and units with those known.
-- Window:   every stream, month and currency that a receipt covers; codes where a list of that year or before is at hand;
--           categories at each change of the lists at hand between the first and last month received of their headings.
-- Tolerance: 0.5 % of the value of the stream's month for quarantined rows and unlisted codes, below 1 % for what is not
--            mapped (docs/rules.md); none for units and broken series, which warn.
with stream_month as (
    select distinct feeds, source, reporter, flow, month, currency from coverage
),

fact as (
    select 'partner' as feeds, source, reporter, flow, month, sum(value_usd) as usd, sum(value_local) as local,
        count(*) as n
    from fct_trade_monthly
    group by all
    union all
    select 'world', source, reporter, flow, month, sum(value_usd), sum(value_local), count(*)
    from fct_trade_world_monthly
    group by all
),

held as (
    select r.feeds, q.source, q.reporter, q.flow, q.month, sum(q.value_usd) as usd, sum(q.value_local) as local,
        count(*) as n, string_agg(distinct q.reason, '; ' order by q.reason) as reason
    from quarantine as q
    inner join receipt as r using (receipt_id)
    group by all
),

-- What is known of the partners and codes of each month.
cell as (
    select 'partner' as feeds, f.source, f.reporter, f.flow, f.month, f.commodity_code, f.value_usd, f.value_local,
        p.partner_code is null or (p.partner_iso3 is null and not p.is_residual) as is_partner_unmapped
    from fct_trade_monthly as f
    left join dim_partner as p on f.source = p.source and f.partner_code = p.partner_code
    union all
    select 'world', source, reporter, flow, month, commodity_code, value_usd, value_local, false
    from fct_trade_world_monthly
),

known as (
    select c.feeds, c.source, c.reporter, c.flow, c.month,
        sum(c.value_usd) filter (where c.is_partner_unmapped or d.section is null) as unmapped_usd,
        sum(c.value_local) filter (where c.is_partner_unmapped or d.section is null) as unmapped_local,
        sum(c.value_usd) filter (where not d.is_listed) as unlisted_usd,
        sum(c.value_local) filter (where not d.is_listed) as unlisted_local,
        max(d.list_year) as list_year,
        min(c.commodity_code) filter (where not d.is_listed and (c.value_usd > 0 or c.value_local > 0))
            as first_unlisted,
        count(*) as n
    from cell as c
    left join dim_commodity as d
        on c.source = d.source and c.commodity_code = d.commodity_code and year(c.month) = d.year
    group by all
),

measured as (
    select s.*, k.list_year, k.first_unlisted, coalesce(k.n, 0) as n,
        coalesce(if(s.currency = 'USD', k.unmapped_usd, k.unmapped_local), 0) as unmapped,
        coalesce(if(s.currency = 'USD', k.unlisted_usd, k.unlisted_local), 0) as unlisted,
        coalesce(if(s.currency = 'USD', f.usd, f.local), 0) as value
    from stream_month as s
    left join known as k using (feeds, source, reporter, flow, month)
    left join fact as f using (feeds, source, reporter, flow, month)
),

-- Changes of the tariff between two lists, and the categories whose headings are received before and after. What is asked
-- of the receipts counts and not what is covered: where a category lacks the new codes it just ends.
list_change as (
    select source, lag(list_year) over (partition by source order by list_year) as year_before,
        list_year as year_after
    from (select distinct source, list_year from dim_commodity where list_year is not null)
    qualify year_before is not null
),

asked as (
    select source, reporter, flow, hs_prefix, min(month) as first_month, max(month) as last_month
    from coverage
    group by all
),

series as (
    select a.source, a.reporter, a.flow, p.category_scheme, p.category_code, min(a.first_month) as first_month,
        max(a.last_month) as last_month
    from (from category_prefix semi join dim_category_line using (source, category_scheme, category_code)) as p
    inner join asked as a
        on
            p.source = a.source
            and (starts_with(p.hs_prefix, a.hs_prefix) or starts_with(a.hs_prefix, left(p.hs_prefix, 4)))
    group by all
),

line_change as (
    select s.source, s.reporter, s.flow, s.category_scheme, s.category_code,
        least(make_date(c.year_after, 1, 1), s.last_month) as month,
        count(*) as n,
        count(*) filter (where is_broken_here) as n_broken,
        string_agg(l.commodity_code || ' (' || l.broken_by || ')', ', ' order by l.commodity_code)
            filter (where is_broken_here) as lines
    from series as s
    inner join list_change as c
        on
            s.source = c.source and s.first_month < make_date(c.year_after, 1, 1)
            and s.last_month >= make_date(c.year_before + 1, 1, 1)
    inner join (
        select *, unnest(string_split(coalesce(broken_in, ''), ',')) as year_broken from dim_category_line
    ) as l
        on
            s.source = l.source and s.category_scheme = l.category_scheme and s.category_code = l.category_code
            and l.first_year <= c.year_after and l.last_year >= c.year_before
    cross join lateral (select coalesce(l.year_broken = c.year_after::varchar, false) as is_broken_here)
    group by all
),

final as (
    select
        s.source,
        s.reporter,
        s.flow,
        s.month,
        'rows with an unknown partner, regime or province' || if(s.feeds = 'world', ', all partners together', '')
            || coalesce(': ' || h.reason, '') as scope,
        value_of(s.currency) as measure,
        0 as expected,
        coalesce(if(s.currency = 'USD', h.usd, h.local), 0) as actual,
        0.005 * (coalesce(if(s.currency = 'USD', f.usd, f.local), 0) + coalesce(if(s.currency = 'USD', h.usd, h.local), 0))
            as tolerance,
        coalesce(f.n, 0) + coalesce(h.n, 0) + 1 as n_compared,
        'block' as severity,
        null as reason
    from stream_month as s
    left join fact as f using (feeds, source, reporter, flow, month)
    left join held as h using (feeds, source, reporter, flow, month)
    union all
    select
        source,
        reporter,
        flow,
        month,
        'partners and codes without a place on the map' || if(feeds = 'world', ', all partners together', ''),
        value_of(currency),
        0,
        unmapped,
        -- One percent itself is too much.
        greatest(0.01 * value - 0.000001, 0),
        n + 1,
        'block',
        null
    from measured
    union all
    select
        source,
        reporter,
        flow,
        month,
        'codes that are not in the ' || case
            when list_year is null then 'list of their year'
            when list_year = year(month) then format('list of {}', list_year)
            else format('list of {}, the nearest earlier one', list_year)
        end || if(feeds = 'world', ', all partners together', ''),
        value_of(currency),
        if(list_year is null, null, 0),
        if(list_year is null, null, unlisted),
        0.005 * value,
        if(list_year is null, 0, n),
        if(list_year = year(month), 'block', 'warn'),
        if(list_year is null, format('no list of commodities of {} or before was received', year(month)),
            'first ' || first_unlisted)
    from measured
    union all
    select
        source,
        reporter,
        flow,
        month,
        format('lines at which the series of {} in {} breaks', category_code, category_scheme),
        'lines',
        0,
        n_broken,
        0,
        n,
        'warn',
        'lines, and what their category lacks: ' || lines
    from line_change
    union all
    select
        source,
        reporter,
        flow,
        max(last_month),
        'lines at which the series of a category breaks',
        'lines',
        null,
        null,
        0,
        0,
        'warn',
        'no two lists of commodities are at hand between which its codes were received'
    from series
    anti join line_change using (source, reporter, flow)
    group by all
    union all
    select
        r.source,
        r.reporter,
        r.flow,
        u.month,
        'units of measure that are not in the list' as scope,
        'rows' as measure,
        0,
        coalesce(sum(u.n) filter (where len(u.unknown) > 0), 0),
        0,
        sum(u.n),
        'warn',
        'not in units.csv: ' || array_to_string(list_sort(list_distinct(flatten(list(u.unknown)))), ', ')
            || ' (in ' || string_agg(distinct r.receipt_id, ', ' order by r.receipt_id) filter (where len(u.unknown) > 0)
            || ')'
    from (
        select receipt_id, month, count(*) as n,
            list_distinct([
                if(unit_1 in (select unit_as_printed from unit), null, unit_1),
                if(unit_2 in (select unit_as_printed from unit), null, unit_2)
            ]) as unknown
        from raw_row
        group by receipt_id, month, unit_1, unit_2
    ) as u
    inner join receipt as r using (receipt_id)
    group by all
)

select *, source || ' ' || flow as dataset, 'docs/rules.md' as reference from final
