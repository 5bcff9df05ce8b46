with covered as (
    select max(month) as last_month from {{ ref('stg_landing__coverage') }}
),

held as (
    select min(first_month) as first_month from {{ ref('dim_source') }}
),

lunar_new_year as (
    select * from {{ ref('lunar_new_years') }}
),

months as (
    select
        unnest(
            generate_series(h.first_month, make_date(year(c.last_month), 12, 1), interval 1 month)
        )::date as month
    from covered as c
    cross join held as h
),

final as (
    select
        m.month,
        year(m.month)::integer as year,
        quarter(m.month)::integer as quarter,
        month(m.month)::integer as month_of_year,
        strftime(m.month, '%Y-%m') as month_label,
        day(last_day(m.month))::integer as days_in_month,
        if(date_trunc('month', l.new_years_day) = m.month, l.new_years_day, null) as lunar_new_year,
        -- The statutory week: New Year's Eve and the six days after it.
        if(
            l.year is null,
            null,
            greatest(
                0,
                date_diff(
                    'day', greatest(m.month, l.new_years_day - 1), least(last_day(m.month), l.new_years_day + 5)
                ) + 1
            )
        )::integer as lunar_new_year_days,
        {{ is_synthetic() }} as is_synthetic
    from months as m
    left join lunar_new_year as l on year(m.month) = l.year
)

select * from final
