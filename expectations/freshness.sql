-- Compares: months that an active dataset promises and the release calendar says are out with what the home holds.
-- Window:   from the dataset's first held month on; the promised months before it are listed, not compared.
-- Tolerance: none. It only warns: a publisher's delay must not stop a correction.
with span as (
    select dataset, min(month) filter (where is_held) as first_held from promise group by dataset
),

due as (
    select p.*, p.month - to_months(row_number() over of_kind::int) as run
    from promise as p
    inner join span as s on p.dataset = s.dataset and p.month >= s.first_held
    window of_kind as (partition by p.dataset, p.is_held order by p.month)
),

-- Each month that is held, and months on end that are not in one line.
compared as (
    select
        dataset,
        min(month) as month,
        'held when the release calendar says it is out' as scope,
        'months' as measure,
        count(*) as expected,
        count(*) filter (where is_held) as actual,
        count(*) as n_compared,
        case
            when is_held then null
            when count(*) = 1 then format('out since {}, not received', min(due_on))
            else format('out since {}, not received; nor are the {} months after it, to {}', min(due_on),
                count(*) - 1, strftime(max(month), '%Y-%m'))
        end as reason
    from due
    group by dataset, is_held, if(is_held, month, run)
),

earlier as (
    select
        p.dataset,
        max(p.month) as month,
        'promised months before the first that is held' as scope,
        'months' as measure,
        null as expected,
        null as actual,
        0 as n_compared,
        format('{} months from {} on were never received', count(*), strftime(min(p.month), '%Y-%m')) as reason
    from promise as p
    left join span as s using (dataset)
    where s.first_held is null or p.month < s.first_held
    group by p.dataset
),

final as (
    select * from compared
    union all
    select * from earlier
)

select f.*, d.source, d.reporter, d.flow, 0 as tolerance, 'warn' as severity, 'docs/rules.md' as reference
from final as f
inner join dataset as d using (dataset)
