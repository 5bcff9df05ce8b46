{#
  Tables of marts find out themselves which months they must build anew, by comparing the fingerprints of their input,
  month by month (int_mart_month), with those that they were built from. Nobody tells a mart what changed. The code of
  the marts is part of the fingerprint.

  from_first_stale: marts that look back are built anew from the first stale month on. A withdrawn last month is stale.
  replace_stale: tables that do not look back are built anew in stale months alone.
  replace_categories, replace_series: coverage is built anew in stale months, and for what is new or gone.
  replace_all: small tables that read themselves while months are only added.
#}
{% macro get_incremental_from_first_stale_sql(args) %}
  {{ replace_rows(args, "month >= '" ~ first_stale_month() ~ "'::date") }}
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

{#
  What tables of marts were built from, and from which month on the last time; written in the transaction of the
  table (post-hook).
#}
{% macro create_fingerprints() -%}
  create table if not exists mart_fingerprint (mart varchar, month date, fingerprint varchar);
  create table if not exists mart_rebuilt (mart varchar, first_month date)
{%- endmacro %}

{% macro keep_fingerprints() -%}
  delete from mart_rebuilt where mart = '{{ this.identifier }}';
  insert into mart_rebuilt values ('{{ this.identifier }}', '{{ first_stale_month() }}');
  delete from mart_fingerprint where mart = '{{ this.identifier }}';
  insert into mart_fingerprint
  select '{{ this.identifier }}', month, fingerprint || '{{ model_code() }}' from {{ ref('int_mart_month') }}
{%- endmacro %}

{# The code of all marts and what they share, since the shares of one are made of another. #}
{% macro model_code() -%}
  {%- set marts = (graph.nodes if execute else {}).values()
      | selectattr('resource_type', 'equalto', 'model') | selectattr('fqn.1', 'equalto', 'marts')
      | map(attribute='raw_code') | sort -%}
  {{ local_md5(marts | join ~ category_series('spine')) }}
{%- endmacro %}

{# Months whose fingerprint differs from the one that this table was built from, as text, in order. #}
{% macro stale_months() -%}
  {%- set query -%}
    select strftime(coalesce(i.month, h.month), '%Y-%m-%d')
    from {{ ref('int_mart_month') }} as i
    full join (select * from mart_fingerprint where mart = '{{ this.identifier }}') as h on i.month = h.month
    where i.fingerprint || '{{ model_code() }}' is distinct from h.fingerprint
    order by 1
  {%- endset -%}
  {{ return(run_query(query).columns[0].values() | list) }}
{%- endmacro %}

{#
  The first month from which this table must be rebuilt: 1900-01-01 on a first build, 9999-01-01 if none.
#}
{% macro first_stale_month() -%}
  {%- if not execute or not is_incremental() -%}
    {{ return('1900-01-01') }}
  {%- endif -%}
  {{ return((stale_months() + ['9999-01-01']) | first) }}
{%- endmacro %}

{# Whether months are only added behind the last one that this table was built from. #}
{% macro only_adding() -%}
  {%- if not execute or not is_incremental() -%}
    {{ return(false) }}
  {%- endif -%}
  {%- set last = run_query(
    "select coalesce(max(month), date '9999-12-01') from mart_fingerprint where mart = '" ~ this.identifier ~ "'"
  ).columns[0].values()[0] | string -%}
  {{ return(first_stale_month() > last) }}
{%- endmacro %}

{# A condition on months: stale ones; all on a first build. #}
{% macro is_stale(month) -%}
  {%- if not execute or not is_incremental() -%}
    true
  {%- else -%}
    {{ month }} in (date '9999-01-01'{% for stale in stale_months() %}, date '{{ stale }}'{% endfor %})
  {%- endif -%}
{%- endmacro %}

{# A condition on months: those to read, which are all unless some are only added. #}
{% macro is_added(month) -%}
  {%- if only_adding() -%}
    {{ month }} >= '{{ first_stale_month() }}'::date
  {%- else -%}
    true
  {%- endif -%}
{%- endmacro %}
