-- Compares: every column of every correction with what the release before and this one say once more, figure by figure,
--           and with the corrections that the release before had; all of them are there.
-- Window:   all corrections, told under the last month received.
-- Tolerance: none.
with said as (
    select 'mart_correction' as table_name, concat_ws(' ', release_id, source, reporter, flow, month, partner_code,
        category_scheme, category_code, measure) as row_key, to_json(t) as row
    from mart_correction as t
    where (select is_known from corrections_known)
),

made_anew as (
    select 'mart_correction' as table_name, concat_ws(' ', release_id, source, reporter, flow, month, partner_code,
        category_scheme, category_code, measure) as row_key, to_json(t) as row
    from correction_again as t
)

select * from answers_by_json('said', 'made_anew', 'docs/marts.md')
