{#
  What data tests look at: of tables that are built by month, the months or categories that this run has built, since a test of all
  history on every run would cost more than the run; elsewhere, and without a window, all rows. Overrides dbt's own.
#}
{% macro get_where_subquery(relation) -%}
  {%- set conditions = [config.get('where', '')] -%}
  {%- if execute -%}
    {%- set node = graph.nodes.values() | selectattr('name', 'equalto', relation.identifier) | first -%}
    {%- set strategy = node.config.incremental_strategy if node else '' -%}
    {%- set by_month = [
      'from_first_stale', 'from_first_stale_year', 'replace_stale', 'replace_categories', 'replace_series'] -%}
    {%- set categories = run_by_categories(relation.identifier) -%}
    {%- if categories is not none -%}
      {%- do conditions.append(is_of(categories)) if strategy in by_month + ['replace_months', 'replace_all'] -%}
    {%- elif strategy == 'replace_months' -%}
      {%- do conditions.append(in_window('month')) -%}
    {%- elif strategy in by_month -%}
      {%- set stale = (var('window', none) or {}).get('stale', {}).get(relation.identifier) -%}
      {%- if stale is not none -%}
        {%- do conditions.append(is_since('month', stale, 0 if strategy == 'from_first_stale_year' else none)) -%}
      {%- endif -%}
    {%- endif -%}
  {%- endif -%}
  {%- set where = conditions | select | join(' and ') -%}
  {%- if where -%}
    (select * from {{ relation }} where {{ where }}) dbt_subquery
  {%- else -%}
    {{ relation }}
  {%- endif -%}
{%- endmacro %}
