{#
  Sum of quantities and its unit, both NULL where unlike units meet. A 0 without a unit is a line without trade and
  measures nothing.
#}
{% macro like_units(quantity, unit) -%}
count(distinct coalesce({{ unit }}, '')) filter (where {{ unit }} is not null or {{ quantity }} is distinct from 0) <= 1
{%- endmacro %}

{% macro sum_quantity(quantity, unit) -%}
if({{ like_units(quantity, unit) }}, sum({{ quantity }}), null)::bigint
{%- endmacro %}

{% macro common_unit(quantity, unit) -%}
if({{ like_units(quantity, unit) }}, max({{ unit }}), null)
{%- endmacro %}
