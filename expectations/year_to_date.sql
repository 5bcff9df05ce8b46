-- Compares: a figure printed for January to some month with the sum of what is printed for the parts of that period; and
--           with the sum of the months of the details, where all are covered.
-- Window:   every printed year to date of the flows of this home; the parts must fill the period without gap or overlap.
-- Tolerance: 0.2 % for revision + half a unit of each printed figure (docs/rules.md). It only warns.
with recursive figure as (
    select distinct on (reporter, flow, partner_code, scope_code, measure, unit, period_from, period_to)
        reporter, flow, partner_code, scope_code, measure, unit, period_from, period_to, value, half_unit,
        control_total_id, grade
    from fct_control_total
    where
        scope_code is not null and partner_code is not null and regime_group is null and grade <> 'D' and measure not like '%_yoy'
    -- Of several prints of one figure the latest.
    order by reporter, flow, partner_code, scope_code, measure, unit, period_from, period_to, vintage desc, control_total_id
),

stream as (
    select distinct source, reporter, flow from coverage
),

total as (
    select * from figure
    where month(period_from) = 1 and period_to > period_from and year(period_from) = year(period_to)
),

-- Chains of printed figures from January on, each beginning where the one before has ended.
chain as (
    select t.control_total_id, f.period_to as reached, f.value, f.half_unit, 1 as parts, f.control_total_id as via
    from total as t
    inner join figure as f using (reporter, flow, partner_code, scope_code, measure, period_from)
    where f.period_to < t.period_to
    union all
    select c.control_total_id, f.period_to, c.value + f.value, c.half_unit + f.half_unit, c.parts + 1,
        c.via || ' + ' || f.control_total_id
    from chain as c
    inner join total as t using (control_total_id)
    inner join figure as f using (reporter, flow, partner_code, scope_code, measure)
    where f.period_from = c.reached + interval 1 month and f.period_to <= t.period_to
),

printed as (
    select c.control_total_id, arg_max(c.value, c.parts) as value, max(c.parts) as parts,
        arg_max(c.half_unit, c.parts) as half_unit, arg_max(c.via, c.parts) as via
    from chain as c
    inner join total as t on c.control_total_id = t.control_total_id and c.reached = t.period_to
    group by all
),

-- What the gate totals found for the same figure over the covered months.
summed as (
    select source, reporter, flow, month, split_part(scope, ':', 1) as control_total_id, actual, n_compared, reason
    from evidence
    where gate = 'totals'
),

final as (
    select
        s.source,
        s.reporter,
        s.flow,
        t.period_to as month,
        format('{}: {} × {}, printed for {}', t.control_total_id, t.partner_code, t.scope_code, p.via) as scope,
        t.measure,
        t.value as expected,
        p.value as actual,
        t.half_unit + coalesce(p.half_unit, 0) + 0.002 * t.value as tolerance,
        p.parts as n_compared,
        null::varchar as reason
    from total as t
    inner join stream as s using (reporter, flow)
    inner join printed as p using (control_total_id)
    union all
    select
        d.source,
        d.reporter,
        d.flow,
        d.month,
        format('{}: {} × {}, months of the details', t.control_total_id, t.partner_code, t.scope_code),
        t.measure,
        t.value,
        d.actual,
        t.half_unit + 0.002 * t.value,
        d.n_compared,
        d.reason
    from total as t
    inner join summed as d using (control_total_id)
)

select *, source || ' ' || flow as dataset, 'warn' as severity, 'docs/rules.md' as reference from final
