-- What is covered, whoever covers it: '*' is every partner in rows of its own, 'world' all partners in one row.
{{ config(materialized='view') }}

select distinct
    feeds,
    source,
    reporter,
    flow,
    currency,
    month,
    partner_code,
    hs_prefix
from {{ ref('stg_landing__coverage') }}
where feeds <> 'check'
