{{ config(materialized='view') }}

select *
from {{ ref('int_headline_monthly') }}
where partner_code <> 'all'
