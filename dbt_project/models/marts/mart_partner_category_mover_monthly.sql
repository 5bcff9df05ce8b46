{{ config(materialized='view') }}

select * -- noqa: AM04
from {{ ref('int_mover_monthly') }}
where partner_code <> 'all'
