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
