-- Rows judged: every raw row of the receipts that count, month by month.
-- Window:      all months of all active receipts.
-- A finding is a row whose code, key or number cannot be what the customs print.
select
    source || ' ' || flow as dataset,
    month,
    receipt_id,
    line,
    hs_code,
    partner_code,
    coalesce(regime_code, '') as regime_code,
    coalesce(province_code, '') as province_code,
    quantity_1,
    quantity_2,
    value
from raw_row
