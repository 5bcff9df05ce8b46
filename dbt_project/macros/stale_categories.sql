{#
  A run by categories builds some categories anew, in all months, and keeps all others: those of the home's own that are
  new, gone or different (variable `window`, written by the plan of the build: docs/decisions.md). Any other run goes by
  months (macros/stale_months.sql). What is computed in a run by categories is what a first build would compute for them.
#}

{# The categories of this table, as scheme/category; none where the run goes by months. A first build has all. #}
{% macro stale_categories() -%}
  {%- set of = run_by_categories(this.identifier) -%}
  {{ return(of if of is not none and is_incremental() else none) }}
{%- endmacro %}

{# The categories of a table that the run builds anew; none where it goes by months. #}
{% macro run_by_categories(table) -%}
  {%- set of = (var('window', none) or {}).get('categories') -%}
  {{ return(of.get(table, []) if of else none) }}
{%- endmacro %}

{#
  A condition on category_scheme and category_code: one of these categories. A heading of hs6 stands for all codes below.

  alias: of the relation that has the columns
#}
{% macro is_of(categories, alias='') -%}
  {%- set p = alias ~ '.' if alias else '' -%}
  {%- set codes = {} -%}
  {%- for category in categories -%}
    {%- set scheme, code = category.split('/') -%}
    {%- do codes.setdefault(scheme, []).append(code) -%}
  {%- endfor -%}
  (
    {%- for scheme, members in codes.items() -%}
      {%- if scheme == 'hs6' -%}
        {{ p }}category_scheme = 'hs6' and (
          {%- for code in members -%}
            starts_with({{ p }}category_code, '{{ code }}'){{ ' or ' if not loop.last }}
          {%- endfor -%}
        )
      {%- else -%}
        {{ p }}category_scheme = '{{ scheme }}' and {{ p }}category_code in ('{{ members | join("', '") }}')
      {%- endif -%}
      {{ ' or ' if not loop.last }}
    {%- else -%}
      false
    {%- endfor -%}
  )
{%- endmacro %}

{# A condition on rows of categories: those that the run builds anew; all where it goes by months. #}
{% macro in_stale_category(alias='') -%}
  {%- set stale = stale_categories() -%}
  {{ 'true' if stale is none else is_of(stale, alias) }}
{%- endmacro %}

{# A condition on lines: those of the categories that the run builds anew; all where it goes by months. #}
{% macro of_stale_category(commodity_code) -%}
  {%- set stale = stale_categories() -%}
  {%- if stale is none -%}
    true
  {%- else -%}
    {{ commodity_code }} in (select commodity_code from {{ ref('int_line_category') }} where {{ is_of(stale) }})
  {%- endif -%}
{%- endmacro %}
