{# The home's folder, from the path of the build database: what has been parsed is the same for every home. #}
{% macro home() -%}
  {{ return(target.path.rsplit('/', 2)[0] | replace("'", "''")) }}
{%- endmacro %}
