-- Sums of squares are sums of whole numbers, so that the order of the parts cannot change a last digit.
{{ config(materialized='incremental', incremental_strategy='replace_stale') }}

with fact as (
    select *
    from {{ ref('fct_trade_monthly') }}
    where {{ is_stale('month', by_category=false) }} and {{ of_stale_category('commodity_code') }}
),

world as (
    select *
    from {{ ref('fct_trade_world_monthly') }}
    where {{ is_stale('month', by_category=false) }} and {{ of_stale_category('commodity_code') }}
),

coverage as (
    select *
    from {{ ref('int_coverage') }}
    where {{ is_stale('month', by_category=false) }}
),

every_partner as (
    select *
    from {{ ref('int_category_coverage') }}
    where partner_code = '*' and {{ is_stale('month') }}
),

partner as (
    select *
    from {{ ref('mart_partner_category_monthly') }}
    where {{ is_stale('month') }}
),

total as (
    select *
    from {{ ref('mart_category_monthly') }}
    where {{ is_stale('month') }}
),

regime as (
    select *
    from {{ ref('int_regime_monthly') }}
    where {{ is_stale('month') }}
),

{{ whole_lines('fact', 'world', 'coverage') }},

line as (
    select
        source,
        reporter,
        flow,
        month,
        partner_code,
        commodity_code,
        value_usd,
        value_local
    from fact
    union all
    select
        source,
        reporter,
        flow,
        month,
        'all' as partner_code,
        commodity_code,
        value_usd,
        value_local
    from cell
),

tariff_part as (
    {%- for dimension, code in [('line', 'l.commodity_code'), ('hs6', 'left(l.commodity_code, 6)')] %}
    select
        l.source,
        l.reporter,
        l.flow,
        l.month,
        l.partner_code,
        m.category_scheme,
        m.category_code,
        '{{ dimension }}' as dimension,
        {{ code }} as part_code,
        sum(l.value_usd)::bigint as value_usd,
        sum(l.value_local)::bigint as value_local
    from line as l
    inner join {{ ref('int_line_category') }} as m
        on l.source = m.source and l.commodity_code = m.commodity_code and year(l.month) = m.year
    where m.is_reviewed and {{ in_stale_category('m') }}
    group by all
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

part as (
    select * from tariff_part
    union all
    select
        source,
        reporter,
        flow,
        month,
        partner_code,
        category_scheme,
        category_code,
        'regime' as dimension,
        regime_code as part_code,
        value_usd,
        value_local
    from regime
    union all
    select
        p.source,
        p.reporter,
        p.flow,
        p.month,
        'all' as partner_code,
        p.category_scheme,
        p.category_code,
        'partner' as dimension,
        p.partner_code as part_code,
        if(c.covered_usd, p.value_usd, null) as value_usd,
        if(c.covered_local, p.value_local, null) as value_local
    from partner as p
    inner join every_partner as c using (source, reporter, flow, month, category_scheme, category_code)
    where c.covered_usd or c.covered_local
),

-- Of equal parts the lower code counts as the largest.
measured as (
    select
        source,
        reporter,
        flow,
        month,
        partner_code,
        category_scheme,
        category_code,
        dimension,
        {%- for c in ['usd', 'local'] %}
        sum(value_{{ c }})::hugeint as total_{{ c }},
        sum(value_{{ c }}::hugeint * value_{{ c }}) as squares_{{ c }},
        min({ 'below': -value_{{ c }}, 'code': part_code, 'usd': value_usd, 'local': value_local })
        filter (where value_{{ c }} > 0) as largest_by_{{ c }},
        count(*) filter (where value_{{ c }} > 0) as n_{{ c }},
        {%- endfor %}
        count(*) filter (where value_usd > 0 or value_local > 0) as n_any
    from part
    group by all
),

series as (
    {%- for relation in ['partner', 'total'] %}
    select
        source,
        reporter,
        flow,
        month,
        partner_code,
        partner_name,
        category_scheme,
        category_code,
        category_name,
        coalesce(value_usd > 0, false) as has_usd,
        coalesce(value_local > 0, false) as has_local,
        is_synthetic
    from {{ relation }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- A currency that the series does not cover is known in parts at most.
shown as (
    select
        m.* exclude (total_usd, total_local),
        s.partner_name,
        s.category_name,
        s.is_synthetic,
        s.has_usd and coalesce(m.total_usd > 0, false) as has_usd,
        s.has_local and coalesce(m.total_local > 0, false) as has_local,
        if(s.has_usd, nullif(m.total_usd, 0), null) as total_usd,
        if(s.has_local, nullif(m.total_local, 0), null) as total_local
    from measured as m
    inner join series as s using (source, reporter, flow, month, partner_code, category_scheme, category_code)
),

final as (
    select
        source,
        reporter,
        flow,
        month,
        partner_code,
        partner_name,
        category_scheme,
        category_code,
        category_name,
        dimension,
        case when has_usd and has_local then n_any when has_usd then n_usd else n_local end as n_parts,
        {%- for c in ['usd', 'local'] %}
        squares_{{ c }}::double / (total_{{ c }} * total_{{ c }})::double * 10000 as hhi_{{ c }},
        {%- endfor %}
        {%- for c in ['usd', 'local'] %}
        (total_{{ c }} * total_{{ c }})::double / squares_{{ c }}::double as effective_number_{{ c }},
        {%- endfor %}
        if(has_usd, largest_by_usd, largest_by_local) as largest,
        struct_extract(largest, 'code') as largest_code,
        coalesce(struct_extract(largest, 'usd'), 0) / total_usd::double as largest_share_usd,
        coalesce(struct_extract(largest, 'local'), 0) / total_local::double as largest_share_local,
        is_synthetic
    from shown
    where has_usd or has_local
)

select * exclude (largest) from final
