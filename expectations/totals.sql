-- Compares: the details with figures printed elsewhere, in the publisher's own unit and rounding.
-- Window:   each printed figure whose scope is covered in every month of its period (for a growth rate: of both years).
-- Tolerance: half a unit of the last printed digit + 0.2 % for revision (docs/rules.md); for a growth rate no less than
--            0.3 points, by which printed rates differ from those of the printed values. A headline of grade A or B
--            blocks, and so does any figure of these grades that is missed by half or more: no revision is that large. One
--            that is known to be wrong is expected to differ.
with stream as (
    select distinct c.source, c.reporter, c.flow, d.local_currency, d.partner_system
    from coverage as c
    inner join dim_source as d on c.source = d.source
),

total as (
    select
        s.source,
        t.*,
        case
            when t.measure like 'value_usd%' then 'USD' when t.measure like 'value_local%' then s.local_currency
            else 'quantity'
        end as kind,
        t.measure like '%_yoy' as is_growth,
        case
            when t.scope_code is null then 'nobody has reviewed which codes the line speaks of'
            when t.partner_code is null then 'the line speaks of a group of partners'
            when t.regime_group is not null then 'by customs regime: the facts are sums over regimes'
        end as not_compared,
        if(t.grade = 'D', 'known to be wrong: ' || coalesce(t.remark, 'see its source'), null) as known_error
    from fct_control_total as t
    -- A partner's figure speaks to the sources that know partners by the same codes.
    inner join stream as s
        on
            t.reporter = s.reporter and t.flow = s.flow
            and (t.partner_system = s.partner_system or coalesce(t.partner_code, 'all') = 'all')
            -- One in a local currency says nothing to a source that prints dollars only.
            and (s.local_currency is not null or t.measure not like 'value_local%')
),

-- The months of the period, and of the year before where growth is printed.
period_month as (
    select *, 0 as years_back, unnest(generate_series(period_from, period_to, interval 1 month))::date as month
    from total
    where not_compared is null
    union all
    select
        *,
        1 as years_back,
        unnest(generate_series(period_from - interval 1 year, period_to - interval 1 year, interval 1 month))::date
    from total
    where is_growth and not_compared is null
),

-- Parts of the scope that no receipt covers. A quantity stands in files of either currency.
need as (
    select distinct p.source, p.reporter, p.flow, p.partner_code, p.kind, p.hs, p.month, r.hs_prefix
    from period_month as p
    inner join scope_prefix as c using (hs)
    inner join requirement as r
        on p.source = r.source and c.hs_prefix = r.scope_prefix and p.month >= r.required_from
),

open_need as (
    select distinct n.* exclude (hs_prefix)
    from need as n
    where not exists (
        select 1 from coverage as v
        where
            v.source = n.source and v.reporter = n.reporter and v.flow = n.flow and n.kind in (v.currency, 'quantity')
            and v.month = n.month and starts_with(n.hs_prefix, v.hs_prefix)
            and (v.partner_code in ('*', n.partner_code) or (n.partner_code = 'all' and v.partner_code = 'world'))
    )
),

uncovered as (
    select p.source, p.control_total_id, count(distinct p.month) as months
    from period_month as p
    inner join open_need as o using (source, reporter, flow, partner_code, kind, hs, month)
    group by all
),

-- Only what some figure asks for is read from the facts.
asked as (
    select distinct p.source, p.reporter, p.flow, p.partner_code, p.kind, p.month, c.hs_prefix
    from period_month as p
    inner join scope_prefix as c using (hs)
    anti join uncovered as u using (source, control_total_id)
),

-- All partners together have the quantities of the partners' rows where every partner is covered, else of the world file.
fact as (
    select source, reporter, flow, month, commodity_code, partner_code, value_usd, value_local, quantity_1, unit_1, true as is_partner
    from fct_trade_monthly
    union all
    select source, reporter, flow, month, commodity_code, 'all', value_usd, value_local, quantity_1, unit_1, false
    from fct_trade_world_monthly
),

cell as (
    select a.*, f.commodity_code, f.unit_1 as unit,
        case a.kind when 'USD' then f.value_usd when 'quantity' then f.quantity_1 else f.value_local end as value
    from asked as a
    inner join fact as f
        on
            a.source = f.source and a.reporter = f.reporter and a.flow = f.flow and a.month = f.month
            and a.partner_code = f.partner_code and f.is_partner and starts_with(f.commodity_code, a.hs_prefix)
    union all
    select a.*, f.commodity_code, null as unit, f.value
    from asked as a
    inner join all_partners as f
        on
            a.source = f.source and a.reporter = f.reporter and a.flow = f.flow and a.month = f.month
            and a.partner_code = 'all' and a.kind = f.currency and starts_with(f.commodity_code, a.hs_prefix)
    union all
    select a.*, f.commodity_code, f.unit_1 as unit, f.quantity_1 as value
    from asked as a
    inner join fact as f
        on
            a.source = f.source and a.reporter = f.reporter and a.flow = f.flow and a.month = f.month
            and a.partner_code = 'all' and a.kind = 'quantity' and starts_with(f.commodity_code, a.hs_prefix)
    where f.is_partner = exists (
        select 1 from coverage as v
        where
            v.partner_code = '*' and v.source = f.source and v.reporter = f.reporter and v.flow = f.flow
            and v.month = f.month and starts_with(f.commodity_code, v.hs_prefix)
    )
),

detail as (
    select
        p.source,
        p.control_total_id,
        sum(f.value) filter (where p.years_back = 0) as now,
        sum(f.value) filter (where p.years_back = 1) as before,
        count(f.commodity_code) as n,
        string_agg(distinct f.unit, ', ') filter (where f.kind = 'quantity' and f.value > 0 and f.unit <> p.unit)
            as other_units
    from period_month as p
    inner join scope_prefix as c using (hs)
    left join cell as f using (source, reporter, flow, partner_code, kind, month, hs_prefix)
    group by all
),

judged as (
    select
        t.*,
        d.n,
        -- What is covered and has no row is 0; a scope that cannot be understood has no details at all.
        case
            when u.months is not null or d.other_units is not null or d.control_total_id is null then null
            when t.is_growth then coalesce(d.now, 0) / nullif(d.before, 0)::double - 1
            else coalesce(d.now, 0)
        end as actual,
        coalesce(
            t.not_compared,
            format('{} month(s) of its period are not covered', u.months),
            'quantities in other units: ' || d.other_units
        ) as why
    from total as t
    left join detail as d using (source, control_total_id)
    left join uncovered as u using (source, control_total_id)
),

figure as (
    select
        source,
        reporter,
        flow,
        period_to as month,
        format(
            '{}: {} × {}, {}..{}', control_total_id, coalesce(partner_code, 'group'), coalesce(scope_code, title),
            strftime(period_from, '%Y-%m'), strftime(period_to, '%Y-%m')
        ) as scope,
        measure,
        value as expected,
        actual,
        half_unit + if(is_growth, greatest(0.002 * (1 + value), 0.003), 0.002 * abs(value)) as tolerance,
        -- A figure whose scope cannot be understood compares with nothing at all, and must not pass for that.
        if(why is null, greatest(coalesce(n, 0), 1), 0) as n_compared,
        case
            when known_error is not null then 'expect'
            when grade not in ('A', 'B') then 'warn'
            when is_headline or (not is_growth and abs(coalesce(actual, value) - value) >= 0.5 * abs(value)) then 'block'
            else 'warn'
        end as severity,
        coalesce(why, known_error) as reason,
        publisher || ': ' || reference as reference
    from judged
),

-- Months of details that no figure confirms: listed, so that a reader sees how far the totals reach.
confirmed as (
    select distinct j.source, j.reporter, j.flow, unnest(generate_series(j.period_from, j.period_to, interval 1 month))::date as month
    from judged as j
    where j.why is null and j.known_error is null
),

unconfirmed as (
    select
        v.source,
        v.reporter,
        v.flow,
        v.month,
        'details without a control total' as scope,
        'month' as measure,
        null as expected,
        null as actual,
        0 as tolerance,
        0 as n_compared,
        'warn' as severity,
        'no figure printed elsewhere speaks of this month within what is covered' as reason,
        'docs/rules.md' as reference
    from (select distinct source, reporter, flow, month from coverage) as v
    anti join confirmed as c using (source, reporter, flow, month)
),

final as (
    select * from figure
    union all
    select * from unconfirmed
)

select *, source || ' ' || flow as dataset from final
