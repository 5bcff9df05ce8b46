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

{#
  Sum of weights, NULL where one is lacking: the weight of a part would pass for that of the whole. A cell without trade
  weighs nothing.

  alias: of the relation that has value_usd, value_local, net_weight_kg and weight_is_estimated
#}
{% macro sum_weight(alias='') -%}
{%- set p = alias ~ '.' if alias else '' -%}
if(
    count(*) filter (where {{ p }}net_weight_kg is null and ({{ p }}value_usd > 0 or {{ p }}value_local > 0)) = 0,
    coalesce(sum({{ p }}net_weight_kg), 0),
    null
)::bigint
{%- endmacro %}

{% macro is_weight_estimated(alias='') -%}
coalesce(bool_or({{ alias ~ '.' if alias else '' }}weight_is_estimated), false)
{%- endmacro %}
