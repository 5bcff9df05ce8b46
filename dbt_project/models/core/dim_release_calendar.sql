with covered as (
    select
        source,
        max(month) as last_month
    from {{ ref('stg_landing__coverage') }}
    group by source
),

calendar as (
    select * from {{ ref('stg_landing__calendar') }}
),

-- As far as the source's own months reach, so that another source's receipts change no row of it.
final as (
    select
        c.source,
        c.month,
        c.release_date,
        c.is_combined_release,
        c.bulletin_release_from,
        o.is_synthetic
    from calendar as c
    inner join {{ ref('dim_source') }} as o on c.source = o.source
    inner join covered as v on c.source = v.source and c.month <= make_date(year(v.last_month), 12, 1)
)

select * from final
