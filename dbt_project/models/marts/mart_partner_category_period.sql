{{ config(materialized='view') }}

select * -- noqa: AM04
from {{ ref('int_period') }}
where partner_code <> 'all'
