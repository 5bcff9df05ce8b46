{# Names of the sources of trade (orchestration/sources/catalogue.py), which whoever calls dbt must tell. #}
{% macro trade_sources() -%}
  {{ return(env_var('BONDED_TRADE_SOURCES').split(',')) }}
{%- endmacro %}
