-- Printed rows of all sources in one shape, from the staging model of each source in the list of sources.
{{ config(materialized='ephemeral') }}

{% for name in trade_sources() %}
select * from {{ ref('stg_' ~ name ~ '__trade') }}
{{ 'union all by name' if not loop.last }}
{% endfor %}
