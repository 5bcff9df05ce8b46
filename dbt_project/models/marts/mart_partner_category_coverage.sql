{{ config(materialized='view') }}

select *
from {{ ref('int_series_coverage') }}
where partner_code not in ('all', '*')
