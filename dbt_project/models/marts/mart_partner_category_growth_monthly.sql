{{ config(materialized='view') }}

select * -- noqa: AM04
from {{ ref('int_growth_monthly') }}
where partner_code <> 'all'
