{#
  The codes of customs' own list that the review of a dimension does not know yet, under the names that the list has.

  Reads reviewed (the reviewed rows, by kind_code) and listed_code (all codes of all lists); kind: partner, regime, province.
#}
{% macro unreviewed(kind) -%}
unreviewed as (
    select
        l.code as {{ kind }}_code,
        coalesce(l.name_en, l.name_zh, l.code) as {{ kind }}_name,
        l.name_zh as {{ kind }}_name_zh
    from listed_code as l
    anti join reviewed as r on l.code = r.{{ kind }}_code{{ " and r.partner_system = 'gacc'" if kind == 'partner' }}
    where l.code_list = '{{ kind }}'
)
{%- endmacro %}
