{{ config(materialized='view') }}

select *
from {{ ref('int_restatement') }}
where partner_code <> 'all'
