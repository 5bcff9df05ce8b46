{{ config(materialized='view') }}

select * -- noqa: AM04
from {{ ref('int_series_coverage') }}
where partner_code not in ('all', '*')
