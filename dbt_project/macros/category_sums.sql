{#
  Sums of cells over the categories that their line belongs to: value_usd, value_cny, quantity, quantity_unit; n_lines,
  the number of lines with trade. Each cell is one line of its key.

  cells: relation with the keys, hs8, value_usd, value_cny, quantity_1, unit_1
  prefixes: relation with category_scheme, category_code, hs_prefix
#}
{% macro category_sums(cells, prefixes, keys) -%}
line_of_tariff as (
    select distinct hs8 from {{ cells }}
),

membership as (
    select
        c.hs8,
        p.category_scheme,
        p.category_code
    from line_of_tariff as c
    inner join {{ prefixes }} as p on starts_with(c.hs8, p.hs_prefix)
),

final as (
    select
        {%- for key in keys %}
        f.{{ key }},
        {%- endfor %}
        m.category_scheme,
        m.category_code,
        sum(f.value_usd)::bigint as value_usd,
        sum(f.value_cny)::bigint as value_cny,
        {{ sum_quantity('f.quantity_1', 'f.unit_1') }} as quantity,
        {{ common_unit('f.quantity_1', 'f.unit_1') }} as quantity_unit,
        (count(*) filter (where f.value_usd > 0 or f.value_cny > 0))::integer as n_lines
    from {{ cells }} as f
    inner join membership as m on f.hs8 = m.hs8
    group by all
)
{%- endmacro %}

{#
  Lines of all partners together: for each line and currency the sum of the partners' rows where every partner is
  covered, else the world file (docs/rules.md, rule 4). The last step is `cell`.

  fact, world: relations like fct_trade_monthly and fct_trade_world_monthly
  coverage:    relation like int_coverage
#}
{% macro whole_lines(fact, world, coverage) -%}
by_partner as (
    select
        source,
        reporter,
        flow,
        month,
        hs8,
        sum(value_usd)::bigint as value_usd,
        sum(value_cny)::bigint as value_cny,
        {{ sum_quantity('quantity_1', 'unit_1') }} as quantity_1,
        {{ common_unit('quantity_1', 'unit_1') }} as unit_1
    from {{ fact }}
    group by all
),

whole_line as (
    select
        source,
        reporter,
        flow,
        month,
        hs8
    from by_partner
    union
    select
        source,
        reporter,
        flow,
        month,
        hs8
    from {{ world }}
),

-- Lines of which every partner is covered.
whole as (
    select
        l.source,
        l.reporter,
        l.flow,
        l.month,
        l.hs8,
        bool_or(v.currency = 'USD') as has_usd,
        bool_or(v.currency = 'CNY') as has_cny
    from whole_line as l
    inner join {{ coverage }} as v
        on
            l.source = v.source and l.reporter = v.reporter and l.flow = v.flow and l.month = v.month
            and v.partner_code = '*' and starts_with(l.hs8, v.hs_prefix)
    group by all
),

cell as (
    select
        l.source,
        l.reporter,
        l.flow,
        l.month,
        l.hs8,
        if(a.has_usd, coalesce(p.value_usd, 0), w.value_usd) as value_usd,
        if(a.has_cny, coalesce(p.value_cny, 0), w.value_cny) as value_cny,
        if(a.hs8 is not null, p.quantity_1, w.quantity_1) as quantity_1,
        if(a.hs8 is not null, p.unit_1, w.unit_1) as unit_1
    from whole_line as l
    left join whole as a using (source, reporter, flow, month, hs8)
    left join by_partner as p using (source, reporter, flow, month, hs8)
    left join {{ world }} as w using (source, reporter, flow, month, hs8)
    where a.hs8 is not null or w.hs8 is not null
)
{%- endmacro %}
