-- Compares: each receipt that does not decide a fact itself with the fact, at the receipt's own grain: codes of 2, 4 or 6
--           digits, other dimensions, all partners in one row, some regimes or provinces only. The partners that are
--           received with all partners together. And the quantities of the two currencies. What is held back is added
--           back: its receipts were printed with it.
-- Window:   every month in which receipts of different grains, or of both currencies, speak of the same cells.
-- Tolerance: none, but half a unit a row where a source rounds row by row. It blocks where both stood so on the same day (vintage), and warns where one may be a revision; a part
--            that is more than the whole blocks beyond 2 %.
with spoken as (
    select distinct receipt_id, source, reporter, flow, currency, month from scope_part
),

-- A receipt in a month, with what tells it from others.
named as (
    select s.*, r.feeds, r.grain, r.vintage, r.sequence, r.code_length, r.dimensions, r.regimes, r.provinces
    from spoken as s
    inner join receipt as r using (receipt_id)
),

deciding as (
    select distinct source, reporter, flow, currency, month, feeds, grain, vintage from named where feeds <> 'check'
),

-- Receipts that speak of what may be decided by another grain.
checked as (
    select c.*
    from named as c
    where exists (
        select 1 from deciding as d
        where
            c.source = d.source and c.reporter = d.reporter and c.flow = d.flow and c.currency = d.currency
            and c.month = d.month and c.grain <> d.grain
            and (c.feeds = 'check' or (c.feeds = 'world' and d.feeds = 'partner')
                or (c.feeds = d.feeds and c.vintage = d.vintage))
    )
),

-- What the receipt itself says, at its own grain.
said as (
    select r.receipt_id, r.month, r.hs_code as code, coalesce(r.partner_code, 'world') as partner_code,
        sum(r.value) as value
    from raw_row as r
    semi join checked as c using (receipt_id, month)
    group by all
),

-- The facts, each currency for itself, with the receipt that decides, and what is held back of them.
counted as (
    select 'partner' as against, source, reporter, flow, month, commodity_code, partner_code,
        unnest(['USD', local_currency]) as currency,
        unnest([value_usd, value_local]) as value, unnest([receipt_id_usd, receipt_id_local]) as decides
    from fct_trade_monthly
    union all
    select 'world', source, reporter, flow, month, commodity_code, 'world', unnest(['USD', local_currency]),
        unnest([value_usd, value_local]), unnest([receipt_id_usd, receipt_id_local])
    from fct_trade_world_monthly
    union all
    select r.feeds, q.source, q.reporter, q.flow, q.month, q.commodity_code, coalesce(q.partner_code, 'world'),
        unnest(['USD', q.local_currency]), unnest([q.value_usd, q.value_local]), q.receipt_id
    from quarantine as q
    inner join receipt as r using (receipt_id)
),

cell as (
    select * exclude (value), sum(value)::hugeint as value from counted where value is not null group by all
),

-- Cells of the facts inside each checked scope. A world file is compared with the partners' sum and the world fact.
inside as (
    select distinct
        c.receipt_id, f.month, left(f.commodity_code, c.code_length) as code,
        if(contains(c.dimensions, 'partner_code'), f.partner_code, 'world') as partner_code, f.against, f.commodity_code,
        f.partner_code as cell_partner, f.value, f.decides, c.regimes, c.provinces
    from checked as c
    inner join scope_part as p using (receipt_id, month)
    inner join cell as f
        on
            c.source = f.source and c.reporter = f.reporter and c.flow = f.flow and c.month = f.month
            and c.currency = f.currency and starts_with(f.commodity_code, p.hs_prefix)
            and (p.partner_code in (f.partner_code, 'world') or (p.partner_code = '*' and f.against = 'partner'))
),

-- Where a receipt is limited to some regimes or provinces, only the rows of those in the receipt that decides, if it
-- splits by them; else the part can be no more than the whole.
limited as (
    select i.receipt_id, i.month, i.commodity_code, i.cell_partner, i.against, sum(r.value) as value
    from inside as i
    inner join raw_row as r
        on
            i.decides = r.receipt_id and i.month = r.month and i.commodity_code = r.hs_code
            and i.cell_partner = coalesce(r.partner_code, 'world')
            and (i.regimes = 'all' or list_contains(string_split(i.regimes, ','), r.regime_code))
            and (i.provinces = 'all' or list_contains(string_split(i.provinces, ','), r.province_code))
    where i.regimes <> 'all' or i.provinces <> 'all'
    group by all
),

summed as (
    select
        i.receipt_id, i.month, i.code, i.partner_code, i.against,
        sum(case
            when i.regimes = 'all' and i.provinces = 'all' then i.value
            when splits then coalesce(l.value, 0)
            else i.value
        end)::hugeint as value,
        bool_and((i.regimes = 'all' and i.provinces = 'all') or splits) as is_exact,
        list(distinct i.decides) as deciders,
        count(*) as n_rows
    from (
        select i.*, (i.regimes = 'all' or contains(r.dimensions, 'regime_code'))
            and (i.provinces = 'all' or contains(r.dimensions, 'province_code')) as splits
        from inside as i
        inner join receipt as r on i.decides = r.receipt_id
    ) as i
    left join limited as l using (receipt_id, month, commodity_code, cell_partner, against)
    group by all
),

key as (
    select receipt_id, month, code, partner_code, against from summed
    union
    select receipt_id, month, code, partner_code, unnest(['partner', 'world']) as against from said
),

-- Keys that the facts cover whole, with the latest receipt that does.
covered as (
    select
        k.receipt_id, k.month, k.code, k.partner_code, k.against, arg_max(v.receipt_id, v.precedence) as covers
    from key as k
    inner join checked as c using (receipt_id, month)
    inner join coverage as v
        on
            c.source = v.source and c.reporter = v.reporter and c.flow = v.flow and c.currency = v.currency
            and c.month = v.month and k.against = v.feeds and starts_with(k.code, v.hs_prefix)
            and v.partner_code in ('*', k.partner_code)
    group by all
),

-- Keys for which a later receipt of the same grain speaks.
outdated as (
    select distinct k.receipt_id, k.month, k.code, k.partner_code
    from key as k
    inner join checked as c using (receipt_id, month)
    inner join named as later
        on
            c.source = later.source and c.reporter = later.reporter and c.flow = later.flow
            and c.currency = later.currency and c.month = later.month and c.grain = later.grain
            and (later.vintage, later.sequence) > (c.vintage, c.sequence)
    inner join scope_part as p
        on
            later.receipt_id = p.receipt_id and later.month = p.month
            and starts_with(k.code, p.hs_prefix) and p.partner_code in ('*', k.partner_code)
),

judged as (
    select
        k.receipt_id, k.month, k.code, k.partner_code, k.against,
        coalesce(s.is_exact, true) as is_exact,
        coalesce(s.n_rows, 0) as n_rows,
        coalesce(a.value, 0) as said,
        if(coalesce(s.is_exact, true), coalesce(s.value, 0), least(s.value, coalesce(a.value, 0))) as adds_up_to,
        list_sort(list_distinct(list_append(coalesce(s.deciders, []), k.covers))) as deciders
    from covered as k
    left join summed as s using (receipt_id, month, code, partner_code, against)
    left join said as a using (receipt_id, month, code, partner_code)
    anti join outdated as o using (receipt_id, month, code, partner_code)
),

-- A receipt is not compared with itself, and a revision of the same grain is no contradiction.
pair as (
    select j.*, c.source, c.reporter, c.flow, c.currency, c.grain,
        -- What is printed with fractions is rounded row by row, the sum as its parts.
        if(o.is_rounded, 0.5 * (j.n_rows + 1), 0) as slack,
        not exists (
            select 1 from receipt as d where list_contains(j.deciders, d.receipt_id) and d.vintage <> c.vintage
        ) as is_same_day
    from judged as j
    inner join receipt as c using (receipt_id)
    inner join dim_source as o using (source)
    where exists (
        select 1 from receipt as d where list_contains(j.deciders, d.receipt_id) and d.grain <> c.grain
    ) and (c.feeds <> j.against or is_same_day)
),

grain as (
    select
        source,
        reporter,
        flow,
        month,
        format(
            '{} ({}{}) {} {}{}{}', receipt_id, grain, if(against = 'partner' and contains(grain, 'partner'), '',
                ', all partners together'), if(bool_and(is_exact), '=', 'within'),
            array_to_string(list_sort(list_distinct(flatten(list(deciders))))[:4], ', '),
            if(against = 'partner', '', ' (all partners together)'), if(is_same_day, '', ', of another vintage')
        ) as scope,
        value_of(currency) as total,
        sum(adds_up_to) as expected,
        sum(said) as actual,
        sum(slack) as tolerance,
        count(*) as n_compared,
        count(*) filter (where abs(said - adds_up_to) > slack) as n_differ,
        if(is_same_day, 'block', 'warn') as severity,
        arg_min(
            format('first {}{}: {:,} said, {:,} found', code, if(partner_code = 'world', '', ' × ' || partner_code),
                said::bigint, adds_up_to::bigint),
            code || partner_code
        ) filter (where abs(said - adds_up_to) > slack) as reason
    from pair
    group by source, reporter, flow, receipt_id, month, grain, against, currency, is_same_day
),

-- All partners together, line by line or code by code, as the world fact and receipts of other grains say.
together as (
    select decides as receipt_id, source, reporter, flow, currency, month, commodity_code as code, value
    from cell
    where against = 'world'
    union all
    select c.receipt_id, c.source, c.reporter, c.flow, c.currency, c.month, s.code, s.value
    from checked as c
    inner join said as s using (receipt_id, month)
    anti join outdated as o using (receipt_id, month, code, partner_code)
    where s.partner_code = 'world' and c.feeds = 'check' and c.regimes = 'all' and c.provinces = 'all'
),

-- The partners that are received are no more than all partners together.
part as (
    select t.*, sum(p.value) as parts, if(any_value(o.is_rounded), 0.5 * (count(*) + 1), 0) as slack,
        bool_and((select vintage from receipt where receipt_id = t.receipt_id) = d.vintage) as is_same_day
    from together as t
    inner join cell as p
        on
            t.source = p.source and t.reporter = p.reporter and t.flow = p.flow and t.month = p.month
            and t.currency = p.currency and p.against = 'partner' and starts_with(p.commodity_code, t.code)
    inner join receipt as d on p.decides = d.receipt_id
    inner join dim_source as o on t.source = o.source
    group by all
),

within as (
    select
        source,
        reporter,
        flow,
        month,
        format('partners received within {}{}', receipt_id, if(is_same_day, '', ', of another vintage')) as scope,
        value_of(currency) as measure,
        sum(least(parts, value)) as expected,
        sum(parts) as actual,
        sum(least(slack, greatest(parts - value, 0))) as tolerance,
        count(*) as n_compared,
        if(is_same_day or actual - expected > 0.02 * sum(value), 'block', 'warn') as severity,
        arg_max(
            format('first {}: {:,} for all partners together, {:,} for those received', code, value::bigint,
                parts::bigint),
            parts - value
        ) filter (where parts - value > slack) as reason
    from part
    group by source, reporter, flow, month, receipt_id, currency, is_same_day
),

-- The two currencies of a cell, received as of the same day, print the same quantities.
quantity as (
    select f.source, f.reporter, f.flow, f.month, f.receipt_id_usd, f.receipt_id_local, c.currency as local_currency,
        r.receipt_id, r.hs_code, r.partner_code, sum(r.quantity_1) as quantity_1, sum(r.quantity_2) as quantity_2
    from (
        select source, reporter, flow, month, commodity_code, partner_code, receipt_id_usd, receipt_id_local
        from fct_trade_monthly
        union all
        select source, reporter, flow, month, commodity_code, null, receipt_id_usd, receipt_id_local
        from fct_trade_world_monthly
    ) as f
    inner join receipt as u on f.receipt_id_usd = u.receipt_id
    inner join receipt as c on f.receipt_id_local = c.receipt_id and u.vintage = c.vintage
    inner join raw_row as r
        on
            r.receipt_id in (f.receipt_id_usd, f.receipt_id_local) and f.month = r.month and f.commodity_code = r.hs_code
            and f.partner_code is not distinct from r.partner_code
    group by all
),

currencies as (
    select
        source,
        reporter,
        flow,
        month,
        format('{} (USD) and {} ({})', receipt_id_usd, receipt_id_local, local_currency) as scope,
        'cells with unequal quantities' as measure,
        0 as expected,
        count(*) filter (where differ) as actual,
        0 as tolerance,
        count(*) as n_compared,
        'warn' as severity,
        'first ' || min(hs_code || coalesce(' × ' || partner_code, '')) filter (where differ) as reason
    from (
        select source, reporter, flow, month, receipt_id_usd, receipt_id_local, local_currency, hs_code, partner_code,
            count(*) <> 2 or count(distinct coalesce(quantity_1, 0)) > 1
            or count(distinct coalesce(quantity_2, 0)) > 1 as differ
        from quantity
        group by all
    ) as cells
    group by source, reporter, flow, month, receipt_id_usd, receipt_id_local, local_currency
),

final as (
    select source, reporter, flow, month, scope, total as measure, expected, actual, tolerance, n_compared, severity, reason
    from grain
    union all
    select source, reporter, flow, month, scope, 'keys that differ in ' || total, 0, n_differ, 0, n_compared, severity, reason
    from grain
    union all
    select * from within
    union all
    select * from currencies
)

select *, source || ' ' || flow as dataset, 'docs/rules.md, rules 3 to 5' as reference from final
