with reviewed as (
    select
        control_total_id,
        publisher,
        table_name,
        title,
        reporter,
        partner_system,
        flow,
        partner_code,
        null::varchar as regime_group,
        scope_code,
        (period_from || '-01')::date as period_from,
        (period_to || '-01')::date as period_to,
        measure,
        value::decimal(24, 6) as value,
        half_unit::decimal(24, 6) as half_unit,
        unit,
        grade,
        is_headline,
        remark,
        vintage::date as vintage,
        null::varchar as receipt_id,
        source as reference
    from {{ ref('control_totals') }}
),

-- Figures of bulletins, with what the review says of their lines. Exports and imports together speak of no flow.
printed as (
    select
        f.*,
        d.table_name as bulletin_table,
        d.title as page,
        d.name as file_name,
        d.vintage,
        trim(regexp_replace(
            regexp_replace(lower(replace(replace(f.row_label, '（', '('), '）', ')')), '^of which: *', ''), '[ *]+$', ''
        )) as bulletin_line,
        -- Base units that one of the printed figure stands for.
        f.value / nullif(try_cast(replace(f.printed, ',', '') as decimal(24, 6)), 0) as magnitude
    from {{ ref('stg_gacc_bulletin__figure') }} as f
    inner join {{ ref('stg_landing__document') }} as d
        on f.receipt_id = d.receipt_id and f.parser_version = d.parser_version
    where f.flow <> 'both'
),

-- What the review says of a line of both flows, it says of each.
line_of_flow as (
    select
        * exclude (flow),
        unnest(if(flow is null, ['import', 'export'], [flow])) as flow
    from {{ ref('bulletin_lines') }}
),

bulletin as (
    select
        format(
            '{}:{}:{}:{}{}:{}..{}', p.receipt_id, p.line, p.flow, p.measure, coalesce(':' || lower(p.regime_group), ''),
            strftime(p.period_from, '%Y-%m'), strftime(p.period_to, '%Y-%m')
        ) as control_total_id,
        'GACC' as publisher,
        p.page as table_name,
        p.row_label as title,
        'CHN' as reporter,
        'gacc' as partner_system,
        p.flow,
        if(p.bulletin_table = 'country', l.partner_code, 'all') as partner_code,
        p.regime_group,
        l.scope_code,
        p.period_from,
        p.period_to,
        p.measure,
        p.value,
        p.half_unit,
        p.unit,
        if(p.measure = 'quantity' and (p.unit <> l.usual_unit or p.magnitude <> l.usual_magnitude), 'D', 'A') as grade,
        false as is_headline,
        if(
            p.measure = 'quantity' and (p.unit <> l.usual_unit or p.magnitude <> l.usual_magnitude),
            'printed in ' || p.unit_as_printed || ', which is not the unit in which customs count this line', null
        ) as remark,
        p.vintage,
        p.receipt_id,
        format('{}, line {}', p.file_name, p.line) as reference
    from printed as p
    left join line_of_flow as l
        on
            l.bulletin_table = if(p.bulletin_table = 'country', 'country', 'commodity')
            and p.bulletin_line = l.line and p.flow = l.flow
),

-- Years of UN Comtrade, each by its own codes: what somebody derives from months never blocks (grade C).
annual as (
    select
        format('{}:{}', f.receipt_id, f.line) as control_total_id,
        'UN Comtrade' as publisher,
        d.title as table_name,
        format('{} {}s, {}, partner {}, {}', f.reporter, f.flow, f.hs, f.partner_code, year(f.period_to)) as title,
        f.reporter,
        'comtrade' as partner_system,
        f.flow,
        f.partner_code,
        null::varchar as regime_group,
        if(f.hs = 'all', 'all_goods', 'hs_' || f.hs) as scope_code,
        f.hs as own_hs,
        f.period_from,
        f.period_to,
        'value_usd' as measure,
        f.value,
        f.half_unit,
        null::varchar as unit,
        'C' as grade,
        false as is_headline,
        null::varchar as remark,
        d.vintage,
        f.receipt_id,
        format('{}, line {}', d.name, f.line) as reference
    from {{ ref('stg_comtrade_annual__figure') }} as f
    inner join {{ ref('stg_landing__document') }} as d
        on f.receipt_id = d.receipt_id and f.parser_version = d.parser_version
),

figure as (
    select * from reviewed
    union all by name
    select * from bulletin
    union all by name
    select * from annual
),

final as (
    select
        f.control_total_id,
        f.publisher,
        f.table_name,
        f.title,
        f.reporter,
        f.partner_system,
        f.flow,
        f.partner_code,
        f.regime_group,
        f.scope_code,
        coalesce(f.own_hs, s.hs) as hs,
        coalesce(s.is_aggregate, false) or f.partner_code is null as is_aggregate,
        f.period_from,
        f.period_to,
        f.measure,
        f.value,
        f.half_unit,
        f.unit,
        f.grade,
        f.is_headline,
        f.remark,
        f.vintage,
        f.receipt_id,
        f.reference,
        {{ is_synthetic() }} as is_synthetic
    from figure as f
    left join {{ ref('control_scopes') }} as s on f.scope_code = s.scope_code
)

select * from final
