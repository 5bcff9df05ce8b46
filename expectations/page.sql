-- Compares: every figure of the release's page, of its pictures and of the files beside them with the published cell
--           that it names; the words in which it is written with its value; marks of pictures with the scale on which
--           they stand; their number with that of the months that are known.
-- Window:   all figures, told under their month, else under the last that is covered.
-- Tolerance: none; a mark may be off by what one digit after the point leaves out.
with counted as (
    select
        coalesce(source, '-') as source,
        coalesce(reporter, '-') as reporter,
        coalesce(flow, '-') as flow,
        coalesce((month || '-01')::date, (select max(c.month) from coverage as c)) as month,
        table_name,
        count(*) as n_compared,
        count(*) filter (where said is distinct from wanted) as n_wrong,
        min(
            case
                when said is distinct from wanted
                    then told(wanted, said, concat_ws(', ', place, part, column_name, row_key))
            end
        ) as reason
    from page_figure
    group by all
)

select
    source,
    reporter,
    flow,
    month,
    nullif(table_name, '') as table_name,
    null::varchar as column_name,
    0 as expected,
    n_wrong as actual,
    0 as tolerance,
    n_compared,
    'block' as severity,
    reason,
    case when source = '-' then 'release' else source || ' ' || flow end as dataset,
    coalesce(nullif(table_name, ''), 'scales of pictures') as scope,
    'figures shown otherwise' as measure,
    'docs/page.md' as reference
from counted
where month is not null
