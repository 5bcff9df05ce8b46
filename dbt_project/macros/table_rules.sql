{# Keys that break the rule of a table: more than one row, or a NULL in the key. Each with its number of rows. #}
{% macro broken_keys(relation, columns) -%}
select
    {{ columns | join(', ') }},
    count(*) as row_count
from {{ relation }}
group by {{ columns | join(', ') }}
having count(*) > 1 or {{ columns | join(' is null or ') }} is null
{%- endmacro %}

{# Rows in which one of the columns is below zero. NULL is no breach: it means not covered. #}
{% macro rows_below_zero(relation, columns) -%}
select *
from {{ relation }}
where {{ columns | join(' < 0 or ') }} < 0
{%- endmacro %}
