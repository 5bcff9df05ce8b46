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
    {%- if config.get('contract').enforced %}
    {{ get_assert_columns_equivalent(sql) }}
    {%- endif %}
    {#- Without the name of the database, which is another one where others attach its file. #}
    create or replace view {{ relation }} as (
        {{ sql | replace('"' ~ relation.database ~ '".', '') }}
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


{#
  The columns of an incremental model, which must be those of its table if `on_schema_change` is `fail`. dbt asks for them
  by a macro of its own, for which all macros are gathered anew: more work than most of these models are.
#}
{% macro duckdb__process_schema_changes(on_schema_change, source_relation, target_relation) -%}
    {%- set there = adapter.get_column_schema_from_query('from ' ~ target_relation) -%}
    {%- if on_schema_change != 'ignore' -%}
        {%- set made = adapter.get_column_schema_from_query('from ' ~ source_relation) -%}
        {%- set types, made_types = {}, {} -%}
        {%- for column in there -%}{%- do types.update({column.name: column.dtype}) -%}{%- endfor -%}
        {%- for column in made -%}{%- do made_types.update({column.name: column.dtype}) -%}{%- endfor -%}
        {%- if types != made_types -%}
            {{ exceptions.raise_compiler_error(
                this.name ~ ": its columns are no longer those of its table: " ~ made_types ~ ", not " ~ types
                ~ ". Run it with a full refresh.") }}
        {%- endif -%}
    {%- endif -%}
    {{ return(there) }}
{%- endmacro %}
