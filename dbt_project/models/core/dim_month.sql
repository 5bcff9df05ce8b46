with covered as (
    select coalesce(max(month), date '2015-01-01') as last_month from {{ ref('stg_landing__coverage') }}
),

months as (
    select
        unnest(
            generate_series(date '2015-01-01', make_date(year(last_month), 12, 1), interval 1 month)
        )::date as month
    from covered
),

final as (
    select
        month,
        year(month)::integer as year,
        quarter(month)::integer as quarter,
        month(month)::integer as month_of_year,
        strftime(month, '%Y-%m') as month_label,
        day(last_day(month))::integer as days_in_month
    from months
)

select * from final
