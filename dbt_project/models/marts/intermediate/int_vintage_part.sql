-- What receipts cover, with the vintage of each, and the first and last vintage of the stream's month: where these are
-- the same, the month has been known in one way only.
{{ config(materialized='view') }}

select
    v.receipt_id,
    v.precedence,
    v.feeds,
    v.source,
    v.reporter,
    v.flow,
    v.currency,
    v.month,
    v.partner_code,
    v.hs_prefix,
    r.vintage,
    min(r.vintage) over (partition by v.source, v.reporter, v.flow, v.month) as first_vintage,
    max(r.vintage) over (partition by v.source, v.reporter, v.flow, v.month) as last_vintage
from {{ ref('stg_landing__coverage') }} as v
inner join {{ ref('stg_landing__receipt') }} as r on v.receipt_id = r.receipt_id
where v.feeds <> 'check'
