{#
  Sums of cells over the categories that their line belongs to: value_usd, value_local, quantity, quantity_unit; n_lines,
  the number of lines with trade. Each cell is one line of its key.

  cells: relation with the keys, commodity_code, value_usd, value_local, quantity_1, unit_1
  keys: source and month among them
  reviewed: whether only categories that somebody chose are wanted
  weights: whether the cells have net_weight_kg and weight_is_estimated, which are summed, too
#}
{% macro category_sums(cells, keys, reviewed=false, weights=false) -%}
final as (
    select
        {%- for key in keys %}
        f.{{ key }},
        {%- endfor %}
        m.category_scheme,
        m.category_code,
        sum(f.value_usd)::bigint as value_usd,
        sum(f.value_local)::bigint as value_local,
        {{ sum_quantity('f.quantity_1', 'f.unit_1') }} as quantity,
        {{ common_unit('f.quantity_1', 'f.unit_1') }} as quantity_unit,
        {%- if weights %}
        {{ sum_weight('f') }} as net_weight_kg,
        {{ is_weight_estimated('f') }} as weight_is_estimated,
        {%- endif %}
        (count(*) filter (where f.value_usd > 0 or f.value_local > 0))::integer as n_lines
    from {{ cells }} as f
    inner join {{ ref('int_line_category') }} as m
        on f.source = m.source and f.commodity_code = m.commodity_code and year(f.month) = m.year
    where {{ in_stale_category('m') }}{{ ' and m.is_reviewed' if reviewed }}
    group by all
)
{%- endmacro %}

{#
  Lines of all partners together: for each line and currency the sum of the partners' rows where every partner is
  covered, else the world file (docs/rules.md, rule 4). The last step is `cell`.

  fact, world: relations like fct_trade_monthly and fct_trade_world_monthly
  coverage:    relation like int_coverage
  weights: whether their weights are wanted as well
#}
{% macro whole_lines(fact, world, coverage, weights=false) -%}
by_partner as (
    select
        source,
        reporter,
        flow,
        month,
        commodity_code,
        sum(value_usd)::bigint as value_usd,
        sum(value_local)::bigint as value_local,
        {{ sum_quantity('quantity_1', 'unit_1') }} as quantity_1,
        {{ common_unit('quantity_1', 'unit_1') }} as unit_1,
        {%- if weights %}
        {{ sum_weight() }} as net_weight_kg,
        {{ is_weight_estimated() }} as weight_is_estimated,
        {%- endif %}
        true as is_traded
    from {{ fact }}
    group by all
),

whole_line as (
    select
        source,
        reporter,
        flow,
        month,
        commodity_code
    from by_partner
    union
    select
        source,
        reporter,
        flow,
        month,
        commodity_code
    from {{ world }}
),

-- Lines of which every partner is covered.
whole as (
    select
        l.source,
        l.reporter,
        l.flow,
        l.month,
        l.commodity_code,
        bool_or(v.currency = 'USD') as has_usd,
        bool_or(v.currency <> 'USD') as has_local
    from whole_line as l
    inner join {{ coverage }} as v
        on
            l.source = v.source and l.reporter = v.reporter and l.flow = v.flow and l.month = v.month
            and v.partner_code = '*' and starts_with(l.commodity_code, v.hs_prefix)
    group by all
),

cell as (
    select
        l.source,
        l.reporter,
        l.flow,
        l.month,
        l.commodity_code,
        if(a.has_usd, coalesce(p.value_usd, 0), w.value_usd) as value_usd,
        if(a.has_local, coalesce(p.value_local, 0), w.value_local) as value_local,
        -- A covered line without a row measures nothing: it is 0, and leaves the quantity of its category alone.
        if(a.commodity_code is null, w.quantity_1, if(p.is_traded, p.quantity_1, 0)) as quantity_1,
        {%- if weights %}
        if(a.commodity_code is null, w.net_weight_kg, if(p.is_traded, p.net_weight_kg, 0)) as net_weight_kg,
        if(a.commodity_code is null, w.weight_is_estimated, p.weight_is_estimated) as weight_is_estimated,
        {%- endif %}
        if(a.commodity_code is not null, p.unit_1, w.unit_1) as unit_1
    from whole_line as l
    left join whole as a using (source, reporter, flow, month, commodity_code)
    left join by_partner as p using (source, reporter, flow, month, commodity_code)
    left join {{ world }} as w using (source, reporter, flow, month, commodity_code)
    where a.commodity_code is not null or w.commodity_code is not null
)
{%- endmacro %}
