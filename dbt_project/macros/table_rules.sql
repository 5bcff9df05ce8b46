{# Keys that break the rule of a table: more than one row, or a NULL in the key. Each with its number of rows. #}
{% macro broken_keys(relation, columns) -%}
select
    {{ columns | join(', ') }},
    count(*) as row_count
from {{ relation }}
group by {{ columns | join(', ') }}
having count(*) > 1 or {{ columns | join(' is null or ') }} is null
{%- endmacro %}

{#
  HS prefixes that make two categories of a scheme count the same goods: equal to another of the scheme, or the beginning
  of it, be it of the same category. A category without prefixes is reported alone. The empty prefix begins all others.

  relation: category_scheme, category_code, hs_prefixes (separated by commas)
#}
{% macro overlapping_prefixes(relation) -%}
with prefix as (
    select
        category_scheme,
        category_code,
        unnest(string_split(hs_prefixes, ',')) as hs_prefix
    from {{ relation }}
),

numbered as (
    select
        *,
        row_number() over () as n
    from prefix
)

select
    a.category_scheme,
    a.category_code,
    a.hs_prefix,
    b.category_code as other_code,
    b.hs_prefix as other_prefix
from numbered as a
inner join numbered as b
    on a.category_scheme = b.category_scheme and a.n <> b.n and starts_with(b.hs_prefix, a.hs_prefix)
union all
select
    category_scheme,
    category_code,
    null,
    null,
    null
from {{ relation }}
where hs_prefixes is null
{%- endmacro %}
