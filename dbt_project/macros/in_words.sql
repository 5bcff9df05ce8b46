{# Money, months, partners and categories as a sentence prints them. #}
{% macro money_in_words(usd) -%}
case
    when {{ usd }} >= 1000000000 then 'US$' || printf('%.2f', {{ usd }} / 1e9) || ' bn'
    else 'US$' || printf('%.0f', {{ usd }} / 1e6) || ' m'
end
{%- endmacro %}

{# A round mark: without the zeros behind its point. #}
{% macro mark_in_words(usd) -%}
case
    when {{ usd }} >= 1000000000 then 'US$' || rtrim(rtrim(printf('%.2f', {{ usd }} / 1e9), '0'), '.') || ' bn'
    else 'US$' || rtrim(rtrim(printf('%.2f', {{ usd }} / 1e6), '0'), '.') || ' m'
end
{%- endmacro %}

{# The change on a year before, behind a comma; nothing where it is not known. #}
{% macro change_in_words(change) -%}
case
    when {{ change }} is null then ''
    when abs({{ change }}) < 0.005 then ', little changed on a year before'
    else if({{ change }} < 0, ', down ', ', up ') || printf('%.0f', 100 * abs({{ change }})) || ' % on a year before'
end
{%- endmacro %}

{# Some names of countries take an article. #}
{% macro partner_in_words(code, iso3, name) -%}
case
    when {{ code }} = 'all' then 'all partners'
    when
        {{ iso3 }} in ('BHS', 'GMB', 'MDV', 'NLD', 'PHL') or starts_with({{ name }}, 'United ')
        or contains({{ name }}, 'Republic') or contains({{ name }}, 'Islands')
        then 'the ' || {{ name }}
    else {{ name }}
end
{%- endmacro %}

{# Headings of the tariff are lists: the first of what they list, and the code. #}
{% macro category_in_words(scheme, code, name) -%}
if(
    {{ scheme }} in ('hs2', 'hs4', 'hs6'),
    trim(split_part(split_part(split_part({{ name }}, ';', 1), ',', 1), '(', 1)) || ' (HS ' || {{ code }} || ')',
    {{ name }}
)
{%- endmacro %}

{% macro month_in_words(month) -%}
strftime({{ month }}, '%B %Y')
{%- endmacro %}

{# The place of a month in a run, as a word up to twelve; who counts no further than `most` says so. #}
{% macro ordinal_in_words(n, most) -%}
{%- set words = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth', 'tenth', 'eleventh',
                 'twelfth'] -%}
case {{ n }}
    {%- for word in words %}
    when {{ loop.index }} then '{{ word }}'
    {%- endfor %}
    when {{ most }} then 'at least the {{ most }}th'
    else {{ n }}::varchar || if({{ n }} = 21, 'st', if({{ n }} = 22, 'nd', if({{ n }} = 23, 'rd', 'th')))
end
{%- endmacro %}
