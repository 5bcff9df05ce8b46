{#
  The CTE carried: of each series the last row that the mart itself keeps, which runs and records carry on from. None on
  a first build or a full refresh, or where nothing is rebuilt.

  columns: name and type of what is carried beside the keys and the month of that row
#}
{% macro carried_series(columns) -%}
{%- set keys = ['source', 'reporter', 'flow', 'partner_code', 'category_scheme', 'category_code'] -%}
{%- set from_self = is_incremental() and (stale_months() or {}).values() | select | list and not stale_categories() -%}
carried as (
    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        max(month) as month
        {%- for name, type in columns.items() %},
        {{ 'arg_max_null(' ~ name ~ ', month)' if from_self else 'null::' ~ type }} as {{ name }}
        {%- endfor %}
    from {{ this if from_self else 'series' }}
    where {{ before_first_stale('month') }}
    group by all
)
{%- endmacro %}
