-- Compares: quantities, units, weights, receipts and numbers of rows of both facts with the raw rows of the receipts that
--           count; and what is held back with the rows that were printed. Values are compared by layers.
-- Window:   every cell of the facts, every row that is held back.
-- Tolerance: none. Which receipt counts is found here by all that cover the cell, and not by rows as in the models.
with fact as (
    select 'fct_trade_monthly' as table_name, 'partner' as feeds, * from fct_trade_monthly
    union all by name
    select 'fct_trade_world_monthly' as table_name, 'world' as feeds, 'world' as partner_code, * from fct_trade_world_monthly
),

line as (
    select distinct feeds, source, reporter, flow, month, commodity_code from fact
),

-- The latest receipt that covers a line for every partner, and a cell by its partner's name.
of_line as (
    select l.feeds, l.source, l.reporter, l.flow, l.month, l.commodity_code,
        max(v.precedence) filter (where v.currency = 'USD') as usd, max(v.precedence) filter (where v.currency <> 'USD') as local
    from line as l
    inner join coverage as v
        on
            l.feeds = v.feeds and l.source = v.source and l.reporter = v.reporter and l.flow = v.flow
            and l.month = v.month and v.partner_code in ('*', 'world') and starts_with(l.commodity_code, v.hs_prefix)
    group by all
),

of_cell as (
    select f.source, f.reporter, f.flow, f.month, f.commodity_code, f.partner_code,
        max(v.precedence) filter (where v.currency = 'USD') as usd, max(v.precedence) filter (where v.currency <> 'USD') as local
    from fct_trade_monthly as f
    inner join coverage as v
        on
            v.feeds = 'partner' and f.source = v.source and f.reporter = v.reporter and f.flow = v.flow
            and f.month = v.month and f.partner_code = v.partner_code and starts_with(f.commodity_code, v.hs_prefix)
    group by all
),

won as (
    select f.*, o.local_currency as currency, greatest(l.usd, c.usd) as usd, greatest(l.local, c.local) as local
    from fact as f
    inner join dim_source as o using (source)
    left join of_line as l using (feeds, source, reporter, flow, month, commodity_code)
    left join of_cell as c using (source, reporter, flow, month, commodity_code, partner_code)
),

-- Both sums and units of a cell in one receipt; unlike units have no sum, and a weight of some rows is none of the cell.
printed as (
    select feeds, receipt_id, month, hs_code as commodity_code, partner_code, count(*) as n,
        if(count(distinct unit_1) < 2, sum(quantity_1), null) as quantity_1, any_value(unit_1) as unit_1,
        if(count(distinct unit_2) < 2, sum(quantity_2), null) as quantity_2, any_value(unit_2) as unit_2,
        if(count(net_weight_kg) = count(*), sum(net_weight_kg), null) as weight, bool_or(weight_is_estimated) as is_estimated
    from counted_raw_row
    group by all
),

paired as (
    select w.* exclude (usd, local), u.receipt_id as wanted_usd, l.receipt_id as wanted_local,
        if(coalesce(w.usd, 0) > coalesce(w.local, 0), u.receipt_id, l.receipt_id) as wanted_receipt,
        coalesce(pu.n, 0) + coalesce(pl.n, 0) as n_rows,
        if(wanted_receipt = u.receipt_id, pu, pl) as later
    from won as w
    left join receipt as u on w.usd = u.precedence
    left join receipt as l on w.local = l.precedence
    left join printed as pu
        on
            u.receipt_id = pu.receipt_id and w.month = pu.month and w.commodity_code = pu.commodity_code
            and w.partner_code = pu.partner_code
    left join printed as pl
        on
            l.receipt_id = pl.receipt_id and w.month = pl.month and w.commodity_code = pl.commodity_code
            and w.partner_code = pl.partner_code
),

-- A cell that the later of two receipts leaves out is 0, of no unit.
wanted as (
    select *, later.n is null as is_zero,
        if(is_zero, 0, later.quantity_1) as wanted_1, if(is_zero or wanted_1 is null, null, later.unit_1) as wanted_unit_1,
        if(is_zero, 0, later.quantity_2) as wanted_2, if(is_zero or wanted_2 is null, null, later.unit_2) as wanted_unit_2,
        case
            when later.weight is not null then later.weight
            when wanted_unit_1 = 'Kilogram' then wanted_1
            when wanted_unit_2 = 'Kilogram' then wanted_2
        end as wanted_weight,
        commodity_code || ' × ' || partner_code as row_key
    from paired
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
            compared('quantity_1', wanted_1, quantity_1, row_key),
            compared('unit_1', wanted_unit_1, unit_1, row_key),
            compared('quantity_2', wanted_2, quantity_2, row_key),
            compared('unit_2', wanted_unit_2, unit_2, row_key),
            compared('net_weight_kg', wanted_weight, net_weight_kg, row_key),
            compared('weight_is_estimated', case
                when wanted_weight is not null then later.weight is not null and coalesce(later.is_estimated, false)
            end, weight_is_estimated, row_key),
            compared('receipt_id', wanted_receipt, receipt_id, row_key),
            compared('receipt_id_usd', wanted_usd, receipt_id_usd, row_key),
            compared('receipt_id_local', wanted_local, receipt_id_local, row_key),
            compared('source_rows', n_rows, source_rows, row_key),
            compared('local_currency', currency, local_currency, row_key),
            compared('is_synthetic', is_made_up(), is_synthetic, row_key)
        ] as answers
    from wanted
    group by all
    union all
    select
        'quarantine',
        q.source,
        q.reporter,
        q.flow,
        q.month,
        count(*),
        [
            compared('receipt_id', r.receipt_id, q.receipt_id, q.line),
            compared('flow', t.flow, q.flow, q.line),
            compared('commodity_code', r.hs_code, q.commodity_code, q.line),
            compared('partner_code', r.partner_code, q.partner_code, q.line),
            compared('regime_code', r.regime_code, q.regime_code, q.line),
            compared('value_usd', if(t.currency = 'USD', r.value, null), q.value_usd, q.line),
            compared('value_local', if(t.currency <> 'USD', r.value, null), q.value_local, q.line),
            compared('local_currency', o.local_currency, q.local_currency, q.line),
            compared('reason', array_to_string(list_filter([
                if(t.feeds = 'partner' and p.partner_code is null, 'unknown partner ' || r.partner_code, null),
                if(r.regime_code is not null and g.regime_code is null, 'unknown regime ' || r.regime_code, null),
                if(r.province_code is not null and v.province_code is null, 'unknown province ' || r.province_code, null)
            ], lambda said: said is not null), '; '), q.reason, q.line),
            compared('is_synthetic', is_made_up(), q.is_synthetic, q.line)
        ]
    from quarantine as q
    inner join dim_source as o using (source)
    left join raw_row as r on q.receipt_id = r.receipt_id and q.month = r.month and q.line = r.line
    left join receipt as t on r.receipt_id = t.receipt_id
    left join dim_partner as p on q.source = p.source and r.partner_code = p.partner_code
    left join dim_regime as g on r.regime_code = g.regime_code
    left join dim_province as v on r.province_code = v.province_code
    group by all
)

select * from answers_by_column('tallied', 'docs/rules.md, rules 1 and 3')
