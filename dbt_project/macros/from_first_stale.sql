{#
  Incremental strategy for marts that look back: each rebuilds itself from its first stale month on, found by
  comparing the fingerprints of its input, month by month, with those it was built from. Nobody tells a mart
  what changed. The code of the marts is part of the fingerprint. A withdrawn last month is stale, too.
#}
{% macro get_incremental_from_first_stale_sql(args) %}
  {%- set columns = args.dest_columns | map(attribute='quoted') | join(', ') -%}
  {%- set first = first_stale_month() -%}
  delete from {{ args.target_relation }} where month >= '{{ first }}'::date;
  insert into {{ args.target_relation }} ({{ columns }})
  select {{ columns }} from {{ args.temp_relation }} where month >= '{{ first }}'::date;
{% endmacro %}

{# The fingerprints that marts were built from; written in the transaction of the mart (post-hook). #}
{% macro create_fingerprints() -%}
  create table if not exists mart_fingerprint (mart varchar, month date, fingerprint varchar)
{%- endmacro %}

{% macro keep_fingerprints() -%}
  delete from mart_fingerprint where mart = '{{ this.identifier }}';
  insert into mart_fingerprint
  select '{{ this.identifier }}', month, fingerprint || '{{ model_code() }}' from {{ ref('int_mart_input') }}
{%- endmacro %}

{# The code of all marts of this kind and what they share, since the shares of one are made of another. #}
{% macro model_code() -%}
  {%- set marts = (graph.nodes if execute else {}).values()
      | selectattr('config.incremental_strategy', 'equalto', 'from_first_stale') | map(attribute='raw_code') | sort -%}
  {{ local_md5(marts | join ~ category_series('spine')) }}
{%- endmacro %}

{#
  The first month from which this mart must be rebuilt: 1900-01-01 on a first build, 9999-01-01 if none.
#}
{% macro first_stale_month() -%}
  {%- if not execute or not is_incremental() -%}
    {{ return('1900-01-01') }}
  {%- endif -%}
  {%- set query -%}
    select coalesce(min(coalesce(i.month, h.month)), date '9999-01-01')
    from {{ ref('int_mart_input') }} as i
    full join (select * from mart_fingerprint where mart = '{{ this.identifier }}') as h on i.month = h.month
    where i.fingerprint || '{{ model_code() }}' is distinct from h.fingerprint
  {%- endset -%}
  {{ return(run_query(query).columns[0].values()[0] | string | truncate(10, True, '')) }}
{%- endmacro %}
