-- Compares: every column of every claim with what comes of putting it to the test once more, from the published series and
--           restatements and the days on which receipts came to cover them; all claims that the review and the printed
--           figures make are there.
-- Window:   all claims, told under the last month received.
-- Tolerance: none.
with wanted as (
    select c.*, (select bool_or(is_synthetic) from receipt) as is_synthetic from claim_again as c
),

said as (
    select 'mart_claim' as table_name, claim_id as row_key, to_json(t) as row from mart_claim as t
),

made_anew as (
    select 'mart_claim' as table_name, claim_id as row_key, to_json(w) as row from wanted as w
)

select * from answers_by_json('said', 'made_anew', 'docs/claims.md')
