{{ config(materialized='view') }}

select * -- noqa: AM04
from {{ ref('int_restatement') }}
where partner_code <> 'all'
