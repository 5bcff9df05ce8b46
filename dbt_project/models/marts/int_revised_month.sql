-- Months of a stream with receipts of more than one vintage: all others have been known in one way only.
{{ config(materialized='view') }}

select
    v.source,
    v.reporter,
    v.flow,
    v.month
from {{ ref('stg_landing__coverage') }} as v
inner join {{ ref('stg_landing__receipt') }} as r on v.receipt_id = r.receipt_id
where v.feeds <> 'check'
group by all
having count(distinct r.vintage) > 1
