{{ config(materialized='view') }}

select *
from {{ ref('int_growth_monthly') }}
where partner_code = 'all'
