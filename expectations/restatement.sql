-- Compares: mart_category_restatement and mart_partner_category_restatement with what receipts printed: for each day from
--           which on something else stood, the figures as they stood on it, added up from the rows that counted then.
-- Window:   every month with receipts of more than one vintage.
-- Tolerance: none for values and days, the last digits for shares. Each state is added up whole here, and not as a running
--            sum of changes as in the models, on purpose.
with part as (
    select v.*, r.vintage, if(v.currency = 'USD', 'usd', 'local') as side
    from coverage as v
    inner join receipt as r using (receipt_id)
),

state as materialized (
    select source, reporter, flow, month, unnest(days) as known_from
    from (select source, reporter, flow, month, list(distinct vintage) as days from part group by all) as every_day
    where len(days) > 1
),

-- What each receipt prints of a cell, and until when: rows that are held back were never shown.
cell as materialized (
    select r.receipt_id, t.source, t.reporter, t.flow, r.month, r.feeds, r.hs_code as commodity_code,
        coalesce(r.partner_code, 'world') as partner_code, if(t.currency = 'USD', 'usd', 'local') as side, r.precedence,
        t.vintage as known_from, sum(r.value) as value
    from raw_row as r
    inner join receipt as t using (receipt_id)
    semi join state as s on t.source = s.source and t.reporter = s.reporter and t.flow = s.flow and r.month = s.month
    left join dim_partner as p on t.source = p.source and r.partner_code = p.partner_code
    where
        r.feeds <> 'check' and (r.feeds = 'world' or p.partner_code is not null)
        and (r.regime_code is null or r.regime_code in (select regime_code from dim_regime))
        and (r.province_code is null or r.province_code in (select province_code from dim_province))
    group by all
),

ended as (
    select c.receipt_id, c.month, c.commodity_code, c.partner_code, min(l.vintage) as known_to
    from cell as c
    inner join part as l
        on
            c.source = l.source and c.reporter = l.reporter and c.flow = l.flow and c.month = l.month and c.feeds = l.feeds
            and c.side = l.side and c.precedence < l.precedence and starts_with(c.commodity_code, l.hs_prefix)
    where l.partner_code in ('*', c.partner_code)
    group by all
),

-- From when on a line was covered: for every partner, and for one by its name.
line as (
    select distinct source, reporter, flow, month, commodity_code, side from cell
),

line_cover as (
    select l.*, v.partner_code, min(v.vintage) as covered_from
    from line as l
    inner join part as v using (source, reporter, flow, month, side)
    where v.feeds = 'partner' and starts_with(l.commodity_code, v.hs_prefix)
    group by all
),

alive as (
    select s.known_from, c.* exclude (known_from, precedence, receipt_id), w.covered_from as whole_from
    from cell as c
    inner join state as s using (source, reporter, flow, month)
    left join ended as e using (receipt_id, month, commodity_code, partner_code)
    left join line_cover as w
        on
            w.partner_code = '*' and c.source = w.source and c.reporter = w.reporter and c.flow = w.flow
            and c.month = w.month and c.commodity_code = w.commodity_code and c.side = w.side
    where s.known_from >= c.known_from and (e.known_to is null or s.known_from < e.known_to)
),

-- All partners together are the partners from when on each of them is covered, before that the world file.
counted as (
    select known_from, source, reporter, flow, month, commodity_code, partner_code, side, value
    from alive
    where feeds = 'partner'
    union all
    select known_from, source, reporter, flow, month, commodity_code, 'all', side, value
    from alive
    where (feeds = 'partner') = coalesce(whole_from <= known_from, false)
),

code_category as (
    select f.source, f.commodity_code, c.category_scheme, c.category_code
    from (select distinct source, commodity_code from cell) as f
    inner join category_prefix as c on f.source = c.source and starts_with(f.commodity_code, c.hs_prefix)
),

summed as (
    select a.known_from, a.source, a.reporter, a.flow, a.month, a.partner_code, c.category_scheme, c.category_code, a.side,
        sum(a.value) as value
    from counted as a
    inner join code_category as c using (source, commodity_code)
    group by all
    union all
    select known_from, source, reporter, flow, month, partner_code, 'line', commodity_code, side, sum(value)
    from counted
    where partner_code <> 'all'
    group by all
),

-- From when on a category, or a line, was covered.
cover as (
    select source, reporter, flow, month, partner_code, category_scheme, category_code, unnest(['usd', 'local']) as side,
        unnest([usd_from, local_from]) as covered_from
    from category_cover
    semi join state using (source, reporter, flow, month)
    union all
    select source, reporter, flow, month, partner_code, 'line', commodity_code, side, covered_from from line_cover
),

-- Every series that was printed once, on every day.
stood as (
    select k.*, y.side,
        if(least(own.covered_from, whole.covered_from) <= k.known_from, coalesce(s.value, 0), null) as value
    from (
        select distinct t.known_from, source, reporter, flow, month, partner_code, category_scheme, category_code
        from summed
        inner join state as t using (source, reporter, flow, month)
    ) as k
    cross join (select unnest(['usd', 'local']) as side) as y
    left join summed as s
        using (known_from, source, reporter, flow, month, partner_code, category_scheme, category_code, side)
    left join cover as own using (source, reporter, flow, month, partner_code, category_scheme, category_code, side)
    left join cover as whole
        on
            whole.partner_code = '*' and k.source = whole.source and k.reporter = whole.reporter
            and k.flow = whole.flow and if(k.partner_code <> 'all', k.month, null) = whole.month
            and k.category_scheme = whole.category_scheme and k.category_code = whole.category_code and y.side = whole.side
),

day as (
    select known_from, source, reporter, flow, month, partner_code, category_scheme, category_code,
        max(value) filter (where side = 'usd') as usd, max(value) filter (where side = 'local') as local
    from stood
    group by all
    having count(value) > 0
),

-- A print is a day on which something else stood than before.
print as (
    select d.*, b.usd as usd_before, b.local as local_before
    from day as d
    asof left join day as b
        on
            d.source = b.source and d.reporter = b.reporter and d.flow = b.flow and d.month = b.month
            and d.partner_code = b.partner_code and d.category_scheme = b.category_scheme
            and d.category_code = b.category_code and d.known_from > b.known_from
    where b.known_from is null or d.usd is distinct from b.usd or d.local is distinct from b.local
),

series as (
    select source, reporter, flow, month, partner_code, category_scheme, category_code,
        list(known_from order by known_from) as days,
        list(usd order by known_from) filter (where usd is not null) as usd,
        list(local order by known_from) filter (where local is not null) as local
    from print
    group by all
    having count(distinct usd) > 1 or count(distinct local) > 1
),

wanted as materialized (
    select table_of('restatement', p.partner_code) as table_name, p.*, list_position(s.days, p.known_from) as print_number, s.days[print_number + 1] as known_to,
        s.usd[1] as first_usd, s.usd[-1] as latest_usd, s.local[1] as first_local, s.local[-1] as latest_local
    from print as p
    inner join series as s using (source, reporter, flow, month, partner_code, category_scheme, category_code)
),

paired as (
    select table_name, source, reporter, flow, month, known_from, w.* exclude (table_name, source, reporter, flow, month, known_from, partner_code,
        category_scheme, category_code, print_number, known_to), w.print_number as wanted_number,
        w.known_to as wanted_to, m.* exclude (table_name, source, reporter, flow, month, known_from, partner_code, category_scheme,
        category_code),
        format('{} × {}/{} from {}', partner_code, category_scheme, category_code, known_from) as row_key
    from wanted as w
    full join int_restatement as m
        using (table_name, source, reporter, flow, month, known_from, partner_code, category_scheme, category_code)
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
            compared('known_to', wanted_to, known_to, row_key),
            compared('print_number', wanted_number, print_number, row_key),
            compared('value_usd', usd, value_usd, row_key),
            compared('first_value_usd', first_usd, first_value_usd, row_key),
            compared('latest_value_usd', latest_usd, latest_value_usd, row_key),
            compared('change_usd', usd - usd_before, change_usd, row_key),
            measured('change_share_usd', growth(usd, usd_before), change_share_usd, row_key),
            compared('value_local', local, value_local, row_key),
            compared('first_value_local', first_local, first_value_local, row_key),
            compared('latest_value_local', latest_local, latest_value_local, row_key),
            compared('change_local', local - local_before, change_local, row_key),
            measured('change_share_local', growth(local, local_before), change_share_local, row_key)
        ] as answers
    from paired
    group by all
)

select * from answers_by_column('tallied', 'docs/rules.md, rule 10')
union all by name
select * from answers_by_rows('wanted', 'int_restatement', 'docs/rules.md, rule 10')
