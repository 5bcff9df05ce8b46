{{ config(materialized='view') }}

select *
from {{ ref('int_concentration_monthly') }}
where partner_code = 'all'
