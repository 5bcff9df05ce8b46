{{ config(materialized='view') }}

select * -- noqa: AM04
from {{ ref('int_concentration_monthly') }}
where partner_code = 'all'
