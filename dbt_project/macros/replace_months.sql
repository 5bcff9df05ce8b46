{#
  Incremental strategy for facts and monthly aggregates: delete the months that the run rebuilds, insert them.
  One statement pair for 1 or 120 months; a month that has become empty becomes empty here.
#}
{% macro get_incremental_replace_months_sql(args) %}
  {%- set columns = args.dest_columns | map(attribute='quoted') | join(', ') -%}
  delete from {{ args.target_relation }} where {{ in_window('month') }};
  insert into {{ args.target_relation }} ({{ columns }})
  select {{ columns }} from {{ args.temp_relation }} where {{ in_window('month') }};
{% endmacro %}

{#
  Whether a month is one that the run rebuilds: those of the table build_month, which lie within the run's window
  (`--event-time-start`, `--event-time-end`); all months without a window. Months in between stay untouched. The list
  travels as a table, since what has been parsed is the same for every run.
#}
{% macro in_window(month) -%}
  {%- set window_start = invocation_args_dict.get('event_time_start') -%}
  {%- if window_start and execute -%}
    {%- set listed = run_query('select strftime(month, $$%Y-%m-%d$$) from build_month order by 1').columns[0].values() -%}
    {%- if listed -%}
    {{ month }} >= '{{ listed[0] }}'::date and {{ month }} <= '{{ listed[-1] }}'::date
    and {{ month }} in (
      {%- for day in listed -%} '{{ day }}'::date{{ ', ' if not loop.last }} {%- endfor -%}
    )
    {%- else -%}
    false
    {%- endif -%}
  {%- else -%}
    true
  {%- endif -%}
{%- endmacro %}

{# Pre-hook: a first build or a full refresh with a window would leave only that window. An empty one leaves nothing. #}
{% macro refuse_window_on_first_build() -%}
  {%- if execute and invocation_args_dict.get('event_time_start') and not is_incremental()
      and run_query('select count(*) from build_month').columns[0].values()[0] > 0 -%}
    {{ exceptions.raise_compiler_error(
      this.name ~ ": a first build or a full refresh with a window would leave only that window. "
      ~ "Run it without --event-time-start and --event-time-end.") }}
  {%- endif -%}
{%- endmacro %}
