{#
  Views and tables take the place of the old ones in one statement, which DuckDB does whole or not at all. dbt renames
  the old one first and drops it afterwards, and asks for indexes and foreign keys: three times the statements.
#}
{% materialization view, adapter = 'duckdb' -%}
    {%- set made = create_or_replace_view() -%}
    {%- do adapter.commit() -%}
    {{ return(made) }}
{%- endmaterialization %}


{% macro duckdb__get_create_view_as_sql(relation, sql) -%}
    create or replace view {{ relation }} as (
        {{ sql }}
    )
{%- endmacro %}


{% materialization table, adapter = 'duckdb', supported_languages = ['sql', 'python'] -%}
    {%- set old, target = load_cached_relation(this), this.incorporate(type='table') -%}
    {%- set made = make_intermediate_relation(target) -%}
    {%- do drop_relation_if_exists(load_cached_relation(made)) -%}
    {{ run_hooks(pre_hooks) }}
    {%- call statement('main', language=model['language']) -%}
        {{ create_table_as(False, made, compiled_code, model['language']) }}
    {%- endcall -%}
    {%- call statement('swap') -%}
        {% if old is not none %}drop {{ old.type }} {{ old }};{% endif %}
        alter table {{ made }} rename to {{ target.identifier }}
    {%- endcall -%}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
    {{ return({'relations': [target]}) }}
{%- endmaterialization %}
