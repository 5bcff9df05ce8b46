-- Compares: every column of every printed figure with the reviewed file, or the bulletin and its reviewed lines.
-- Window:   all of them, told under the last month received.
-- Tolerance: none.
with reviewed as (
    select control_total_id, publisher, table_name, title, reporter, partner_system, flow, partner_code,
        null::varchar as regime_group, scope_code, (period_from || '-01')::date as period_from,
        (period_to || '-01')::date as period_to, measure, value::decimal(24, 6) as value,
        half_unit::decimal(24, 6) as half_unit, unit, grade, is_headline::boolean as is_headline, remark,
        vintage::date as vintage, null::varchar as receipt_id, source as reference
    from review_control_totals
),

figure as (
    select f.* exclude (parser_version), d.table_name = 'country' as is_by_country, d.title, d.name, d.vintage,
        regexp_replace(regexp_replace(lower(translate(f.row_label, '（）', '()')), '^of which: *', ''), '[ *]+$', '')
            .trim() as line_name,
        replace(f.measure, 'value_cny', 'value_local') as of_what,
        f.value / nullif(try_cast(replace(f.printed, ',', '') as decimal(24, 6)), 0) as magnitude
    from printed_figure as f
    inner join document as d using (receipt_id, parser_version)
    where f.flow in ('import', 'export')
),

bulletin as (
    select
        format('{}:{}:{}:{}', f.receipt_id, f.line, f.flow, f.of_what) || coalesce(':' || lower(f.regime_group), '')
            || ':' || strftime(f.period_from, '%Y-%m') || '..' || strftime(f.period_to, '%Y-%m') as control_total_id,
        'GACC' as publisher,
        f.title as table_name,
        f.row_label as title,
        'CHN' as reporter,
        'gacc' as partner_system,
        f.flow,
        if(f.is_by_country, l.partner_code, 'all') as partner_code,
        f.regime_group,
        l.scope_code,
        f.period_from,
        f.period_to,
        f.of_what as measure,
        f.value,
        f.half_unit,
        f.unit,
        f.of_what = 'quantity' and (f.unit <> l.usual_unit or f.magnitude <> l.usual_magnitude::decimal(24, 6)) as is_odd,
        if(is_odd, 'D', 'A') as grade,
        false as is_headline,
        if(is_odd, format('printed in {}, which is not the unit in which customs count this line', f.unit_as_printed), null)
            as remark,
        f.vintage,
        f.receipt_id,
        format('{}, line {}', f.name, f.line) as reference
    from figure as f
    left join (
        select * replace (unnest(if(flow is null, ['import', 'export'], [flow])) as flow) from review_bulletin_lines
    ) as l
        on f.line_name = l.line and f.is_by_country = (l.bulletin_table = 'country') and f.flow = l.flow
),

annual as (
    select
        concat(f.receipt_id, ':', f.line) as control_total_id,
        'UN Comtrade' as publisher,
        d.title as table_name,
        concat(f.reporter, ' ', f.flow, 's, ', f.hs, ', partner ', f.partner_code, ', ', year(f.period_from)) as title,
        f.reporter,
        'comtrade' as partner_system,
        f.flow,
        f.partner_code,
        case f.hs when 'all' then 'all_goods' else concat('hs_', f.hs) end as scope_code,
        f.hs as own_hs,
        f.period_from,
        f.period_to,
        'value_usd' as measure,
        f.value,
        f.half_unit,
        'C' as grade,
        false as is_headline,
        d.vintage,
        f.receipt_id,
        concat(d.name, ', line ', f.line) as reference
    from annual_figure as f
    inner join document as d using (receipt_id, parser_version)
),

wanted as (
    select f.* exclude (period_from, period_to, measure, value, half_unit, unit, grade, is_headline, remark, vintage,
        receipt_id, reference, own_hs), coalesce(f.own_hs, s.hs) as hs,
        f.partner_code is null or coalesce(s.is_aggregate = 'true', false) as is_aggregate,
        f.period_from, f.period_to, f.measure, f.value, f.half_unit, f.unit, f.grade, f.is_headline, f.remark, f.vintage,
        f.receipt_id, f.reference
    from (select * from reviewed union all by name select * exclude (is_odd) from bulletin
        union all by name select * from annual) as f
    left join review_control_scopes as s using (scope_code)
),

said as (
    select 'fct_control_total' as table_name, control_total_id as row_key, to_json(t) as row from fct_control_total as t
),

made_anew as (
    select 'fct_control_total' as table_name, control_total_id as row_key, to_json(w) as row from marked('wanted') as w
)

select * from answers_by_json('said', 'made_anew', 'docs/rules.md')
