{# What a period sums: of the series, of all partners together, and of the year before. #}
{% macro period_measures() -%}
  {{ return(['usd', 'in_local', 'quantity', 'weight', 'whole_usd', 'whole_local', 'base_usd', 'base_local',
             'whole_base_usd']) }}
{%- endmacro %}

{#
  Sums over the months of a period, and of each how many of the months are known; of the year before alike. One
  definition for periods that are grouped and for those that run (windows).

  over: nothing for groups, ` over <window>` for windows
#}
{% macro period_sums(over='') -%}
    {%- for measure in period_measures() %}
        sum({{ measure }}){{ over }} as {{ measure }},
        count({{ measure }}){{ over }} as n_{{ measure }},
    {%- endfor %}
        min(unit){{ over }} as least_unit,
        max(unit){{ over }} as unit,
        max(if(is_estimated, 1, 0)){{ over }} = 1 as is_estimated,
        min(if(has_every_partner, 1, 0)){{ over }} = 1 as has_every_partner
{%- endmacro %}
