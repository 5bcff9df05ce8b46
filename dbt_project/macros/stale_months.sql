{#
  Tables of marts build anew the months that the run tells them are stale, by stream (source, reporter, flow), and keep the
  others (variable `window`, written by the plan of the build: docs/decisions.md). Without a window all months are stale, so
  that dbt run by hand builds all anew.

  from_first_stale: marts that look back are built anew from the first stale month on. A withdrawn last month is stale.
  from_first_stale_year: periods are built anew from January of the first stale month's year on.
  replace_stale: tables that do not look back are built anew in stale months alone.
  replace_categories, replace_series: coverage is built anew in stale months, and for what is new or gone.
  replace_all: small tables that read themselves while months are only added.

  In a run by categories (macros/stale_categories.sql) the conditions here are on these categories instead.
#}
{% macro get_incremental_from_first_stale_sql(args) %}
  {{ replace_rows(args, since_first_stale('month')) }}
{% endmacro %}

{% macro get_incremental_from_first_stale_year_sql(args) %}
  {{ replace_rows(args, since_first_stale('month', years_before=0)) }}
{% endmacro %}

{% macro get_incremental_replace_stale_sql(args) %}
  {{ replace_rows(args, is_stale('month')) }}
{% endmacro %}

{% macro get_incremental_replace_categories_sql(args) %}
  {{ replace_rows(args, is_stale('month'), ['source', 'reporter', 'flow', 'category_scheme', 'category_code']) }}
{% endmacro %}

{% macro get_incremental_replace_series_sql(args) %}
  {%- set keys = ['source', 'reporter', 'flow', 'partner_code', 'category_scheme', 'category_code'] -%}
  {{ replace_rows(args, is_stale('month'), keys) }}
{% endmacro %}

{% macro get_incremental_replace_all_sql(args) %}
  {{ replace_rows(args, 'true') }}
{% endmacro %}

{#
  Delete what the condition holds for and insert what it holds for now: a model that forgets to filter must not double
  rows. With keys of series, what is of no series any more goes, too, unless months are only added, and new ones come.
#}
{% macro replace_rows(args, condition, keys_of_series=none) %}
  {%- set columns = args.dest_columns | map(attribute='quoted') | join(', ') -%}
  {%- if stale_categories() is not none -%}
    {%- set condition, keys_of_series = in_stale_category(), none -%}
  {%- endif -%}
  delete from {{ args.target_relation }} where {{ condition }};
  {%- if keys_of_series and not only_adding() %}
  delete from {{ args.target_relation }} as h
  where not exists (
    select 1 from {{ ref('int_series') }} as s
    where {% for key in keys_of_series %}s.{{ key }} = h.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}
  );
  {%- endif %}
  insert into {{ args.target_relation }} ({{ columns }})
  select {{ columns }} from {{ args.temp_relation }} where {{ 'true' if keys_of_series else condition }};
{% endmacro %}

{# The stale months of a table by stream, as text, in order; none = all, on a first build, too. #}
{% macro stale_months() -%}
  {{ return(none if not is_incremental() else ((var('window', none) or {}).get('stale', {})).get(this.identifier)) }}
{%- endmacro %}

{# The first month from which any stream of this table must be rebuilt: 1900-01-01 if all are, 9999-01-01 if none is. #}
{% macro first_stale_month() -%}
  {%- set stale = none if stale_categories() else stale_months() -%}
  {%- set firsts = [] if stale is none else stale.values() | select | map('first') | sort -%}
  {{ return('1900-01-01' if stale is none else (firsts + ['9999-01-01']) | first) }}
{%- endmacro %}

{# A condition on rows: those of streams with stale months that lie before these. #}
{% macro before_first_stale(month) -%}
  {%- set stale = stale_months() -%}
  (
    {%- for stream, days in (stale or {}).items() if days %}
    {{ is_stream(month, stream) }} and {{ month }} < '{{ days[0] }}'::date
    {{- ' or ' if not loop.last }}
    {%- else %}
    false
    {%- endfor %}
  )
{%- endmacro %}

{# A condition on rows: of a stream, as `source reporter flow`. #}
{% macro is_stream(month, stream) -%}
  {%- set p = month.rpartition('.')[0] -%}
  {%- set p = p ~ '.' if p else '' -%}
  {%- set source_name, reporter, flow = stream.split(' ') -%}
  {{ p }}source = '{{ source_name }}' and {{ p }}reporter = '{{ reporter }}' and {{ p }}flow = '{{ flow }}'
{%- endmacro %}

{#
  A condition on rows: those of some months of some streams.

  months: by stream, in order
#}
{% macro is_of_months(month, months) -%}
  (
    {%- for stream, days in months.items() if days %}
    {{ is_stream(month, stream) }} and {{ month }} >= '{{ days[0] }}'::date and {{ month }} <= '{{ days[-1] }}'::date
    and {{ month }} in ({% for day in days %}'{{ day }}'::date{{ ', ' if not loop.last }}{% endfor %})
    {{- ' or ' if not loop.last }}
    {%- else %}
    false
    {%- endfor %}
  )
{%- endmacro %}

{#
  A condition on rows: those from the first stale month of their stream on, or from January of so many years before on.
#}
{% macro since_first_stale(month, years_before=none) -%}
  {%- set stale = none if stale_categories() else stale_months() -%}
  {{ 'true' if stale is none else is_since(month, stale, years_before) }}
{%- endmacro %}

{#
  A condition on rows: those from the first of some months of their stream on.

  months: by stream, in order
#}
{% macro is_since(month, months, years_before=none) -%}
  (
    {%- for stream, days in months.items() if days %}
    {%- set first = days[0] if years_before is none else '%04d-01-01' % (days[0][:4] | int - years_before) %}
    {{ is_stream(month, stream) }} and {{ month }} >= '{{ first }}'::date
    {{- ' or ' if not loop.last }}
    {%- else %}
    false
    {%- endfor %}
  )
{%- endmacro %}

{# Whether months are only added behind the last one that this table was built from. #}
{% macro only_adding() -%}
  {{ return(is_incremental() and this.identifier in (var('window', none) or {}).get('adding', [])) }}
{%- endmacro %}

{#
  A condition on months: stale ones.

  by_category: whether the relation has category_scheme and category_code beside the month
#}
{% macro is_stale(month, by_category=true) -%}
  {%- set stale = stale_months() -%}
  {%- if stale_categories() is not none -%}
    {{ in_stale_category(month.rpartition('.')[0]) if by_category else 'true' }}
  {%- elif stale is none -%}
    true
  {%- else -%}
    {{ is_of_months(month, stale) }}
  {%- endif -%}
{%- endmacro %}

{# A condition on months: those to read, which are all unless some are only added. #}
{% macro is_added(month) -%}
  {%- if stale_categories() is not none -%}
    {{ in_stale_category(month.rpartition('.')[0]) }}
  {%- elif only_adding() -%}
    {{ since_first_stale(month) }}
  {%- else -%}
    true
  {%- endif -%}
{%- endmacro %}
