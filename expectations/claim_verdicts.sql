-- Compares: every column of every claim with what comes of putting it to the test once more, from the published series and
--           restatements and the days on which receipts came to cover them; all claims that the review and the printed
--           figures make are there.
-- Window:   all claims, told under the last month received.
-- Tolerance: none.
with wanted as (
    select c.*, (select bool_or(is_synthetic) from receipt) as is_synthetic from claim_again as c
),

paired as (
    select claim_id, to_json(t) as said, to_json(w) as wanted
    from mart_claim as t
    inner join wanted as w using (claim_id)
    where to_json(t) is distinct from to_json(w)
),

differing as (
    select c.column_name, count(*) as n,
        min(told(json_extract_string(p.wanted, c.column_name), json_extract_string(p.said, c.column_name), p.claim_id))
            as reason
    from paired as p
    inner join published_column as c on c.table_name = 'mart_claim'
    where json_extract_string(p.said, c.column_name) is distinct from json_extract_string(p.wanted, c.column_name)
    group by all
),

counted as (
    select count(*) as n_compared, count(*) filter (where n_wanted <> n_found) as n_wrong,
        min(format('{}: {} expected, {} found', claim_id, n_wanted, n_found)) filter (where n_wanted <> n_found) as reason
    from (
        select claim_id, count(*) filter (where is_wanted) as n_wanted, count(*) filter (where not is_wanted) as n_found
        from (
            select claim_id, true as is_wanted from wanted
            union all
            select claim_id, false from mart_claim
        ) as either
        group by all
    ) as of_key
),

final as (
    select c.column_name, 'rows with another ' || c.column_name as measure, coalesce(d.n, 0) as actual, n.n_compared,
        d.reason
    from published_column as c
    cross join counted as n
    left join differing as d using (column_name)
    where c.table_name = 'mart_claim'
    union all
    select null, 'rows missing or too many', n_wrong, n_compared, reason from counted
)

select *, (select max(month) from coverage) as month, 'mart_claim' as table_name, table_name as scope, '-' as source,
    '-' as reporter, '-' as flow, 'release' as dataset, 0 as expected, 0 as tolerance, 'block' as severity, 'docs/claims.md' as reference
from final
where n_compared > 0 and exists (select 1 from coverage)
