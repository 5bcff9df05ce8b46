-- Compares: growth that was printed for a month, or for January to a month, with the column of the series mart in which a
--           reader finds it.
-- Window:   every printed rate whose codes make a category and whose months and those of the year before are covered.
-- Tolerance: half a unit of the last printed digit + 0.2 %, no less than 0.3 points (docs/rules.md), as in totals, where the
--            same is asked of the details.
with printed as (
    select t.*, c.category_scheme, c.category_code,
        if(t.period_from = t.period_to, t.measure, replace(t.measure, '_yoy', '_ytd_yoy')) as column_name
    from fct_control_total as t
    inner join dim_category as c on c.hs_prefixes = if(t.hs = 'all', '', t.hs)
    where
        t.measure in ('value_usd_yoy', 'value_local_yoy') and t.partner_code is not null and t.regime_group is null
        and not t.is_aggregate and t.grade <> 'D'
        and (t.period_from = t.period_to
            or (month(t.period_from) = 1 and year(t.period_from) = year(t.period_to)))
        and (c.code_system is null or c.code_system = t.partner_system)
),

series as (
    select * from mart_partner_category_monthly
    union all by name
    select * from mart_category_monthly
),

paired as (
    select
        p.*,
        s.source,
        s.reporter,
        s.flow,
        s.month,
        if(p.partner_code = 'all', 'mart_category_monthly', 'mart_partner_category_monthly') as table_name,
        case p.column_name
            when 'value_usd_yoy' then s.value_usd_yoy
            when 'value_usd_ytd_yoy' then s.value_usd_ytd_yoy
            when 'value_local_yoy' then s.value_local_yoy
            when 'value_local_ytd_yoy' then s.value_local_ytd_yoy
        end as actual
    from (select * exclude (table_name, reporter, flow), reporter as of_reporter, flow as of_flow from printed) as p
    inner join dim_source as o using (partner_system)
    inner join series as s
        on
            o.source = s.source and p.of_reporter = s.reporter and p.of_flow = s.flow and p.period_to = s.month
            and p.partner_code = s.partner_code and p.category_scheme = s.category_scheme
            and p.category_code = s.category_code
),

final as (
    select
        source,
        reporter,
        flow,
        month,
        table_name,
        column_name,
        format('{}: {} × {}/{}', control_total_id, partner_code, category_scheme, category_code) as scope,
        value as expected,
        actual,
        half_unit + greatest(0.002 * (1 + value), 0.003) as tolerance,
        1 as n_compared,
        if(is_headline and grade in ('A', 'B'), 'block', 'warn') as severity,
        null as reason,
        publisher || ': ' || reference as reference
    from paired
    where actual is not null
)

select *, source || ' ' || flow as dataset, column_name as measure from final
