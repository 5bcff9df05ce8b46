{{ config(materialized='view') }}

select * -- noqa: AM04
from {{ ref('int_regime_monthly') }}
where partner_code = 'all'
