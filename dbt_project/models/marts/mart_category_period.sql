{{ config(materialized='view') }}

select * exclude (partner_share_usd, partner_share_local, contribution_usd_yoy, rank_usd) -- noqa: AM04
from {{ ref('int_period') }}
where partner_code = 'all'
