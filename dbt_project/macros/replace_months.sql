{#
  Incremental strategy for facts and monthly aggregates: delete the months that the run rebuilds, insert them.
  One statement pair for 1 or 120 months; a month that has become empty becomes empty here.
#}
{% macro get_incremental_replace_months_sql(args) %}
  {%- set columns = args.dest_columns | map(attribute='quoted') | join(', ') -%}
  {%- set replaced = in_window('month') if stale_categories() is none else in_stale_category() %}
  delete from {{ args.target_relation }} where {{ replaced }};
  insert into {{ args.target_relation }} ({{ columns }})
  select {{ columns }} from {{ args.temp_relation }} where {{ replaced }};
{% endmacro %}

{#
  Whether a row is of a stream and month that the run rebuilds: those of the variable `window`; all without one, and in a
  run by categories (macros/stale_categories.sql). Months in between stay untouched. It is a variable of the run, so that
  what has been parsed is the same for every run.
#}
{% macro in_window(month) -%}
  {%- set window = var('window', none) -%}
  {%- if window is none or window.get('categories') -%}
    true
  {%- else -%}
    {{ is_of_months(month, window.replaced) }}
  {%- endif -%}
{%- endmacro %}

{# Pre-hook: a first build or a full refresh with a window would leave only that window. An empty one leaves nothing. #}
{% macro refuse_window_on_first_build() -%}
  {%- set window = var('window', none) or {} -%}
  {%- if execute and not is_incremental() and (window.get('replaced') or window.get('categories')) -%}
    {{ exceptions.raise_compiler_error(
      this.name ~ ": a first build or a full refresh with a window would leave only that window. Run it without one.") }}
  {%- endif -%}
{%- endmacro %}
