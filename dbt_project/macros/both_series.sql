{#
  The CTE series: rows of both series marts from a month on, one under the other; all partners together are
  partner_code 'all'.

  columns: what is wanted beside the keys, the names and the marks is_low_base and is_synthetic
  inlined: in a view, conditions of its readers reach the marts' rows, though these are read twice
#}
{% macro both_series(columns, condition, inlined=false) -%}
series as {{ 'not materialized ' if inlined }}(
    {%- for mart in [ref('mart_partner_category_monthly'), ref('mart_category_monthly')] %}
    select
        source,
        reporter,
        flow,
        month,
        partner_code,
        partner_iso3,
        partner_name,
        category_scheme,
        category_code,
        category_name,
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        is_low_base,
        is_synthetic
    from {{ mart }}
    where {{ condition }} and {{ in_stale_category() }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)
{%- endmacro %}
