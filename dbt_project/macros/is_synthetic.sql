{#
  Whether the home holds made-up figures (docs/rules.md, rule 7): for tables of which no row belongs to a source.
#}
{% macro is_synthetic() -%}
(select coalesce(bool_or(is_synthetic), false) from {{ ref('dim_source') }})
{%- endmacro %}
