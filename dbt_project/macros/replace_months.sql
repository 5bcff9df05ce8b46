{#
  Incremental strategy for facts and monthly aggregates: delete the months of the run's window, insert them.
  One statement pair for 1 or 120 months; a month that has become empty becomes empty here.
#}
{% macro get_incremental_replace_months_sql(args) %}
  {%- set columns = args.dest_columns | map(attribute='quoted') | join(', ') -%}
  delete from {{ args.target_relation }} where {{ in_window('month') }};
  insert into {{ args.target_relation }} ({{ columns }})
  select {{ columns }} from {{ args.temp_relation }} where {{ in_window('month') }};
{% endmacro %}

{# Whether a month lies in the run's window (`--event-time-start`, `--event-time-end`); all months without one. #}
{% macro in_window(month) -%}
  {%- set window_start = invocation_args_dict.get('event_time_start') -%}
  {%- set window_end = invocation_args_dict.get('event_time_end') -%}
  {%- if window_start -%}
    {{ month }} >= '{{ window_start | string | truncate(10, True, '') }}'::date
    and {{ month }} < '{{ window_end | string | truncate(10, True, '') }}'::date
  {%- else -%}
    true
  {%- endif -%}
{%- endmacro %}

{# Pre-hook: a first build or a full refresh with a window would leave only that window. #}
{% macro refuse_window_on_first_build() -%}
  {%- if execute and invocation_args_dict.get('event_time_start') and not is_incremental() -%}
    {{ exceptions.raise_compiler_error(
      this.name ~ ": a first build or a full refresh with a window would leave only that window. "
      ~ "Run it without --event-time-start and --event-time-end.") }}
  {%- endif -%}
{%- endmacro %}
