{# The columns of a series mart in the order of the contract; the partner mart has shares as well. #}
{% macro mart_columns(share=false) -%}
  {%- set columns = [
    'source', 'reporter', 'flow', 'month', 'partner_code', 'partner_iso3', 'partner_name', 'category_scheme',
    'category_code', 'category_name', 'value_usd', 'value_cny', 'quantity', 'quantity_unit'] -%}
  {%- for c in ['usd', 'cny'] -%}
    {%- for kind in ['mom', 'yoy', 'ytd', 'ytd_yoy'] -%}
      {%- do columns.append('value_' ~ c ~ '_' ~ kind) -%}
    {%- endfor -%}
  {%- endfor -%}
  {%- if share -%}
    {%- do columns.extend(['partner_share_usd', 'partner_share_cny']) -%}
  {%- endif -%}
  {{ (columns + ['is_low_base', 'is_synthetic']) | join(', ') }}
{%- endmacro %}
