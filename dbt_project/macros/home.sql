{# The home's folder, from the path of the build database: no environment variable in a model, so no re-parse. #}
{% macro home() -%}
  {{ return(target.path.rsplit('/', 2)[0] | replace("'", "''")) }}
{%- endmacro %}
