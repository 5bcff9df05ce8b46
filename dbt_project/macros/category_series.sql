{#
  The columns of a series mart from a complete month spine.

  spine: relation with the keys source, reporter, flow, month, partner_code, category_scheme, category_code and
         value_usd, value_local (NULL = not covered, 0 = no trade), quantity, quantity_unit, n_lines, first_month (of
         trade); one row for every month of a stream, so that frames in rows are frames in months.
  series: columns that tell a series; one number is sorted in a fraction of the time that six words take.
  Ratios are fractions, NULL where the base is 0 or not covered. Year to date needs every month from January on, sums
  and means of the last months each of these; covered months before the first trade count as 0.
#}
{% macro category_series(spine, series='series_id') -%}
with_ytd as (
    select
        *,
        {%- for c in ['usd', 'local'] %}
        if(
            count(value_{{ c }}) over year_so_far = month(month),
            sum(value_{{ c }}) over year_so_far,
            null
        )::bigint as value_{{ c }}_ytd{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ spine }}
    window year_so_far as (
        partition by {{ series }}, year(month) order by month
    )
),

with_bases as (
    select
        *,
        {%- for c in ['usd', 'local'] %}
        lag(value_{{ c }}, 1) over series as base_{{ c }}_mom,
        lag(value_{{ c }}, 12) over series as base_{{ c }}_yoy,
        lag(value_{{ c }}_ytd, 12) over series as base_{{ c }}_ytd_yoy,
        if(count(value_{{ c }}) over last_12 = 12, sum(value_{{ c }}) over last_12, null)::bigint
            as value_{{ c }}_rolling_12,
        if(count(value_{{ c }}) over last_3 = 3, sum(value_{{ c }}) over last_3, null) / 3::double
            as value_{{ c }}_mean_3{{ ',' if not loop.last }}
        {%- endfor %}
    from with_ytd
    window
        series as (partition by {{ series }} order by month),
        last_12 as (
            partition by {{ series }} order by month
            rows between 11 preceding and current row
        ),
        last_3 as (
            partition by {{ series }} order by month
            rows between 2 preceding and current row
        )
),

with_ratios as (
    select
        source,
        reporter,
        flow,
        month,
        partner_code,
        category_scheme,
        category_code,
        value_usd,
        value_local,
        quantity,
        quantity_unit,
        {%- for c in ['usd', 'local'] %}
        value_{{ c }} / nullif(base_{{ c }}_mom, 0)::double - 1 as value_{{ c }}_mom,
        value_{{ c }} / nullif(base_{{ c }}_yoy, 0)::double - 1 as value_{{ c }}_yoy,
        value_{{ c }}_ytd,
        value_{{ c }}_ytd / nullif(base_{{ c }}_ytd_yoy, 0)::double - 1 as value_{{ c }}_ytd_yoy,
        {%- endfor %}
        base_usd_yoy > 0 and base_usd_yoy < 1000000 as is_low_base,
        {%- for c in ['usd', 'local'] %}
        value_{{ c }} / nullif(quantity, 0)::double as unit_value_{{ c }},
        value_{{ c }}_rolling_12,
        value_{{ c }}_mean_3,
        {%- endfor %}
        n_lines
    from with_bases
    where month >= first_month and (value_usd is not null or value_local is not null)
)
{%- endmacro %}

{# Months that a rebuild from the first stale month must look back on: its year and the year before. #}
{% macro look_back(month) -%}
  {{ in_stale_category(month.rpartition('.')[0]) }} and {{ since_first_stale(month, years_before=1) }}
{%- endmacro %}
