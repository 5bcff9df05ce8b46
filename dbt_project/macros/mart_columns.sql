{# The columns of a series mart, those of the contract first; the partner mart has shares as well. #}
{% macro mart_columns(share=false) -%}
  {%- set columns = [
    'source', 'reporter', 'flow', 'month', 'partner_code', 'partner_iso3', 'partner_name', 'category_scheme',
    'category_code', 'category_name', 'value_usd', 'value_local', 'local_currency', 'quantity', 'quantity_unit'] -%}
  {%- for c in ['usd', 'local'] -%}
    {%- for kind in ['mom', 'yoy', 'ytd', 'ytd_yoy'] -%}
      {%- do columns.append('value_' ~ c ~ '_' ~ kind) -%}
    {%- endfor -%}
  {%- endfor -%}
  {%- if share -%}
    {%- do columns.extend(['partner_share_usd', 'partner_share_local']) -%}
  {%- endif -%}
  {%- do columns.extend([
    'is_low_base', 'is_synthetic', 'unit_value_usd', 'unit_value_local', 'value_usd_rolling_12', 'value_local_rolling_12',
    'value_usd_mean_3', 'value_local_mean_3', 'n_lines']) -%}
  {{ columns | join(', ') }}
{%- endmacro %}
