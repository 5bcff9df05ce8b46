{#
  The CTEs `with_starts` and `with_runs`: for each of some conditions the months in a row up to each row in which it
  holds, as n_<name>, 0 where it does not; a gap ends a run. January, if left out, neither ends a run nor begins one, and
  February speaks for both.

  relation: one row a series and month, with the conditions as boolean columns is_<name>
  names: of conditions, and whether January is left out of each
  series: columns that tell a series
#}
{% macro months_in_a_row(relation, names, series) -%}
{%- set no_month_before = 'coalesce(previous_month <> (month - interval 1 month)::date, true)' -%}
with_previous as (
    select
        *,
        lag(month) over (partition by {{ series }} order by month) as previous_month
    from {{ relation }}
),

-- The month from which a run would count, as told by each row that begins or ends one: the latest holds.
with_starts as (
    select
        *,
        {%- for name, without_january in names.items() %}
        case
            when {{ no_month_before }} and month(month) = 1 then month
            {%- if without_january %}
            when month(month) = 1 then null
            {%- endif %}
            when not coalesce(is_{{ name }}, false) then (month + interval 1 month)::date
            when {{ no_month_before }} then month
        end as {{ name }}_from{{ ',' if not loop.last }}
        {%- endfor %}
    from with_previous
),

with_runs as (
    select
        *,
        {%- for name in names %}
        if(is_{{ name }}, date_diff('month', max({{ name }}_from) over so_far, month) + 1, 0) as n_{{ name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from with_starts
    window so_far as (partition by {{ series }} order by month)
)
{%- endmacro %}
