-- Compares: months that an active dataset promises and the release calendar says are out with what the home holds.
-- Window:   from the dataset's first held month on; the promised months before it are listed, not compared.
-- Tolerance: none. It only warns: a publisher's delay must not stop a correction.
with span as (
    select dataset, min(month) filter (where is_held) as first_held from promise group by dataset
),

due as (
    select
        p.dataset,
        p.month,
        'held when the release calendar says it is out' as scope,
        'months' as measure,
        1 as expected,
        if(p.is_held, 1, 0) as actual,
        1 as n_compared,
        if(p.is_held, null, format('out since {}, not received', p.due_on)) as reason
    from promise as p
    inner join span as s on p.dataset = s.dataset and p.month >= s.first_held
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
    select * from due
    union all
    select * from earlier
)

select f.*, d.source, d.reporter, d.flow, 0 as tolerance, 'warn' as severity, 'docs/rules.md' as reference
from final as f
inner join dataset as d using (dataset)
