-- Rows judged: every raw row of the receipts that count, month by month.
-- Window:      all months of all active receipts.
-- A finding is a row whose code, key or number cannot be what the customs print.
select
    source || ' ' || flow as dataset,
    month,
    receipt_id,
    line,
    hs_code,
    -- Filled up to eight digits if it is as long as the receipt says, else left as it is and found out.
    if(length(hs_code) = code_length, rpad(hs_code, 8, '0'), '?' || hs_code) as code_of_its_length,
    coalesce(partner_code, if(contains(dimensions, 'partner_code'), '', 'world')) as partner_code,
    coalesce(regime_code, '') as regime_code,
    coalesce(province_code, '') as province_code,
    quantity_1,
    quantity_2,
    value
from raw_row
