-- Compares: two receipts of one day (vintage) in what both of them say and one of them decides: trade of one currency and
--           grain cell by cell, code lists code by code, bulletins and years figure by figure, exchange rates month by month.
-- Window:   months of receipts whose scopes overlap; lists of one year and language; pages of one table and month.
--           Answers to one and the same request are prints in the order of fetching: the last of them speaks for all.
-- Tolerance: none, but for the rounding of a bulletin. Which came later says nothing of which is right: it blocks. Trade
--            blocks by values; where they are equal, unequal quantities warn.
with part as (
    select c.*, r.vintage, r.grain, r.name
    from coverage as c
    inner join receipt as r using (receipt_id)
    anti join receipt as l on r.source = l.source and r.request = l.request and r.precedence < l.precedence
),

paper as (
    select d.*
    from document as d
    anti join document as l on d.source = l.source and d.request = l.request and d.precedence < l.precedence
),

-- Parts of scopes that overlap. Partners are joined apart from all of them: there may be a receipt for each.
overlap as (
    select a.receipt_id as one, o.receipt_id as other, a.month
    from part as a
    inner join part as o using (feeds, source, reporter, flow, currency, month, vintage, grain, partner_code)
    where
        a.receipt_id <> o.receipt_id
        and (starts_with(a.hs_prefix, o.hs_prefix) or starts_with(o.hs_prefix, a.hs_prefix))
    union
    select unnest([a.receipt_id, o.receipt_id]), unnest([o.receipt_id, a.receipt_id]), a.month
    from part as a
    inner join part as o using (feeds, source, reporter, flow, currency, month, vintage, grain)
    where
        a.partner_code = '*' and o.partner_code <> '*' and a.receipt_id <> o.receipt_id
        and (starts_with(a.hs_prefix, o.hs_prefix) or starts_with(o.hs_prefix, a.hs_prefix))
),

print as (
    select distinct receipt_id, precedence, feeds, source, reporter, flow, currency, month, vintage, name from part
),

-- Receipts of other grains are compared by additivity.
pair as (
    select l.*, e.receipt_id as earlier_id, e.name as earlier_name
    from overlap as v
    inner join print as e on v.one = e.receipt_id and v.month = e.month
    inner join print as l on v.other = l.receipt_id and v.month = l.month
    where e.precedence < l.precedence
),

side as (
    select *, unnest([receipt_id, earlier_id]) as said_by, unnest([earlier_id, receipt_id]) as other_id
    from pair
),

said as (
    select s.*, r.hs_code, coalesce(r.partner_code, 'world') as partner_code, r.regime_code, r.province_code, r.value,
        coalesce(r.quantity_1, 0) as quantity_1, coalesce(r.quantity_2, 0) as quantity_2
    from side as s
    inner join raw_row as r on s.said_by = r.receipt_id and s.month = r.month
),

-- Rows in cells of which the other speaks too, and of which neither a later day nor a finer grain decides.
cell as (
    select distinct receipt_id, earlier_id, feeds, source, reporter, flow, currency, month, precedence, other_id, hs_code,
        partner_code
    from said
),

common as (
    select c.* exclude (feeds, source, reporter, flow, currency, precedence)
    from cell as c
    where
        exists (
            select 1 from scope_part as p
            where
                p.receipt_id = c.other_id and p.month = c.month and starts_with(c.hs_code, p.hs_prefix)
                and p.partner_code in ('*', c.partner_code)
        )
        and not exists (
            select 1 from coverage as v
            where
                v.feeds = c.feeds and v.source = c.source and v.reporter = c.reporter and v.flow = c.flow
                and v.currency = c.currency and v.month = c.month and v.precedence > c.precedence
                and starts_with(c.hs_code, v.hs_prefix) and v.partner_code in ('*', c.partner_code)
        )
),

-- Keys at the grain of the two; a row that one of them lacks is 0 there.
key as (
    select
        receipt_id, earlier_id, name, earlier_name, vintage, source, reporter, flow, currency, month,
        concat_ws(' × ', hs_code, nullif(partner_code, 'world'), regime_code, province_code) as cell,
        coalesce(max(value) filter (where said_by = earlier_id), 0) as earlier,
        coalesce(max(value) filter (where said_by = receipt_id), 0) as later,
        earlier <> later as differs,
        not differs and (count(*) = 1 or min(quantity_1) <> max(quantity_1) or min(quantity_2) <> max(quantity_2))
        and max(quantity_1 + quantity_2) > 0 as differs_in_quantity
    from said
    semi join common using (receipt_id, earlier_id, month, other_id, hs_code, partner_code)
    group by all
),

trade as (
    select
        source, reporter, flow, source || ' ' || flow as dataset, month, earlier_id, earlier_name, receipt_id, name, vintage,
        value_of(currency) as of_what,
        count(*) filter (where differs) as n_differ,
        count(*) filter (where differs_in_quantity) as n_differ_in_quantity,
        count(*) as n,
        format(
            '{}; all that differ {:,} and {:,}',
            min(format('{}: {:,} and {:,}', cell, earlier, later)) filter (where differs),
            sum(earlier) filter (where differs), sum(later) filter (where differs)
        ) as example,
        min(cell) filter (where differs_in_quantity) as example_of_quantity
    from key
    group by all
),

-- A list as a whole counts or not.
list_pair as (
    select l.*, e.receipt_id as earlier_id, e.name as earlier_name
    from code_list as l
    inner join code_list as e
        on
            l.list = e.list and l.year is not distinct from e.year and l.language = e.language and l.vintage = e.vintage
            and e.precedence < l.precedence
    anti join code_list as o
        on
            l.list = o.list and l.year is not distinct from o.year and l.language = o.language
            and l.precedence < o.precedence
),

list_code as (
    select p.receipt_id, p.earlier_id, r.code, count(distinct p.said_by) <> 2 or count(distinct [
        coalesce(r.name, ''), coalesce(r.unit_1, ''), coalesce(r.unit_2, '')
    ]) > 1 as differs
    from (select *, unnest([receipt_id, earlier_id]) as said_by from list_pair) as p
    inner join gacc_nomenclature_row as r on p.said_by = r.receipt_id
    group by all
),

listed as (
    select
        'gacc_nomenclature' as source, 'CHN' as reporter, '-' as flow, 'gacc_nomenclature' as dataset,
        make_date(coalesce(p.year, year(p.vintage)), 1, 1) as month, p.earlier_id, p.earlier_name, p.receipt_id, p.name,
        p.vintage, format('{} codes ({})', p.list, p.language) as of_what,
        count(*) filter (where c.differs) as n_differ, 0 as n_differ_in_quantity, count(*) as n,
        min(c.code) filter (where c.differs) as example, null as example_of_quantity
    from list_pair as p
    inner join list_code as c using (receipt_id, earlier_id)
    group by all
),

-- Figures of bulletins by their place in a page; equal words come more than once on some.
figure as (
    select d.receipt_id, d.precedence, d.vintage, d.name, d.table_name, d.month, r.flow, r.measure,
        coalesce(r.regime_group, '') as regime_group, r.period_from, r.period_to, r.row_label, r.value, r.half_unit,
        row_number() over (
            partition by d.receipt_id, r.flow, r.measure, r.regime_group, r.period_from, r.period_to, r.row_label
            order by r.line
        ) as nth
    from gacc_bulletin_row as r
    inner join paper as d using (receipt_id, parser_version)
),

page as (
    select distinct receipt_id, precedence, vintage, name, table_name, month, flow, measure, regime_group, period_from,
        period_to
    from figure
),

page_pair as (
    select l.*, e.receipt_id as earlier_id, e.name as earlier_name
    from page as l
    inner join page as e using (vintage, table_name, month, flow, measure, regime_group, period_from, period_to)
    where
        e.precedence < l.precedence
        and not exists (
            select 1 from page as o
            where
                o.precedence > l.precedence and o.table_name = l.table_name and o.month = l.month and o.flow = l.flow
                and o.measure = l.measure and o.regime_group = l.regime_group and o.period_from = l.period_from
                and o.period_to = l.period_to
        )
),

page_figure as (
    select p.receipt_id, p.earlier_id, p.earlier_name, p.name, p.vintage, p.month, p.table_name, f.flow, f.measure,
        f.regime_group, f.period_from, f.period_to, f.row_label, f.nth,
        count(*) <> 2
        or max(f.value) - min(f.value) > if(min(f.half_unit) = max(f.half_unit), 0, sum(f.half_unit)) as differs
    from (select *, unnest([receipt_id, earlier_id]) as said_by from page_pair) as p
    inner join figure as f
        on
            p.said_by = f.receipt_id and p.flow = f.flow and p.measure = f.measure and p.regime_group = f.regime_group
            and p.period_from = f.period_from and p.period_to = f.period_to
    group by all
),

printed as (
    select
        'gacc_bulletin' as source, 'CHN' as reporter, '-' as flow, 'gacc_bulletin' as dataset, month, earlier_id,
        earlier_name, receipt_id, name, vintage, 'figures of the table by ' || table_name as of_what,
        count(*) filter (where differs) as n_differ, 0 as n_differ_in_quantity, count(*) as n,
        min(format('{}, {} {}', row_label, flow, measure)) filter (where differs) as example, null as example_of_quantity
    from page_figure
    group by all
),

rate as (
    select d.receipt_id, d.precedence, d.vintage, d.name, d.table_name, r.month, r.cny_per_usd
    from exchange_rates_row as r
    inner join paper as d using (receipt_id, parser_version)
),

rated as (
    select
        'exchange_rates' as source, 'CHN' as reporter, '-' as flow, 'exchange_rates' as dataset, max(l.month) as month,
        e.receipt_id as earlier_id, e.name as earlier_name, l.receipt_id, l.name, l.vintage, 'months' as of_what,
        count(*) filter (where e.cny_per_usd <> l.cny_per_usd) as n_differ, 0 as n_differ_in_quantity, count(*) as n,
        min(format('{}: {} and {}', strftime(l.month, '%Y-%m'), e.cny_per_usd, l.cny_per_usd))
            filter (where e.cny_per_usd <> l.cny_per_usd) as example,
        null as example_of_quantity
    from rate as l
    -- Two publishers differ, each by its own market: neither contradicts the other.
    inner join rate as e
        on
            l.month = e.month and l.table_name = e.table_name and l.vintage = e.vintage
            and e.precedence < l.precedence
    anti join rate as o on l.month = o.month and l.precedence < o.precedence
    group by all
),

-- Years of UN Comtrade, figure by figure.
annual_figure as (
    select d.receipt_id, d.precedence, d.vintage, d.name, r.reporter, r.flow, r.partner_code, r.hs, r.period_to as month,
        r.value
    from comtrade_annual_row as r
    inner join document as d using (receipt_id, parser_version)
),

annual as (
    select
        'comtrade_annual' as source, l.reporter, '-' as flow, 'comtrade_annual' as dataset, max(l.month) as month,
        e.receipt_id as earlier_id, e.name as earlier_name, l.receipt_id, l.name, l.vintage, 'figures of years' as of_what,
        count(*) filter (where e.value <> l.value) as n_differ, 0 as n_differ_in_quantity, count(*) as n,
        min(format('{} {} × {}, {}: {} and {}', l.flow, l.hs, l.partner_code, year(l.month), e.value, l.value))
            filter (where e.value <> l.value) as example,
        null as example_of_quantity
    from annual_figure as l
    inner join annual_figure as e using (reporter, flow, partner_code, hs, month, vintage)
    anti join annual_figure as o
        on
            l.reporter = o.reporter and l.flow = o.flow and l.partner_code = o.partner_code and l.hs = o.hs
            and l.month = o.month and l.precedence < o.precedence
    where e.precedence < l.precedence
    group by all
),

compared as (
    select * from trade
    union all
    select * from listed
    union all
    select * from printed
    union all
    select * from annual
    union all
    select * from rated
),

final as (
    select
        source, reporter, flow, dataset, month,
        format('{} ({}) and {} ({}), both of {}', earlier_id, earlier_name, receipt_id, name, vintage) as scope,
        'differing ' || of_what as measure,
        n_differ as actual, n as n_compared, 'block' as severity,
        format(
            'first {}. Withdraw the wrong one: bonded withdraw {} --reason …, or bonded withdraw {} --reason …; or receive '
            || 'either again under a later vintage: bonded receive FILE … --vintage …', example, earlier_id, receipt_id
        ) as reason
    from compared
    union all
    select
        source, reporter, flow, dataset, month,
        format('{} ({}) and {} ({}), both of {}', earlier_id, earlier_name, receipt_id, name, vintage),
        'differing quantities beside equal ' || of_what,
        n_differ_in_quantity, n - n_differ, 'warn', 'first ' || example_of_quantity
    from trade
    where n > n_differ
)

select *, 0 as expected, 0 as tolerance, 'docs/rules.md, rule 1' as reference from final
