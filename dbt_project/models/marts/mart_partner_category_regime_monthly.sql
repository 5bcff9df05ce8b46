{{ config(materialized='view') }}

select *
from {{ ref('int_regime_monthly') }}
where partner_code <> 'all'
