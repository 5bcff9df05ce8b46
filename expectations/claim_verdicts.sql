-- Compares: every column of every claim with what comes of putting it to the test once more, from the published series and
--           restatements and the days on which receipts came to cover them; all claims that the review and the printed
--           figures make are there.
-- Window:   all claims, told under the last month received.
-- Tolerance: none.
with wanted as (
    select c.*, (select bool_or(is_synthetic) from receipt) as is_synthetic
    from claim_again as c
    -- A printed figure that came while its source is held back is put to the test with it.
    where not (
        c.source in (select source from held_back) and starts_with(c.claim_id, 'control_total:')
        and c.claim_id not in (select claim_id from mart_claim)
    )
),

said as (
    select 'mart_claim' as table_name, claim_id as row_key, to_json(t) as row from mart_claim as t
),

made_anew as (
    select 'mart_claim' as table_name, claim_id as row_key, to_json(w) as row from wanted as w
)

select * from answers_by_json('said', 'made_anew', 'docs/claims.md')
