-- A received rate wins over the reviewed one; of several received that of the latest vintage, then sequence, whoever
-- published it: the title says who.
with received as (
    select
        r.month,
        r.cny_per_usd,
        d.title as source,
        d.receipt_id,
        d.vintage,
        d.precedence
    from {{ ref('stg_exchange_rates__rate') }} as r
    inner join {{ ref('stg_landing__document') }} as d
        on r.receipt_id = d.receipt_id and r.parser_version = d.parser_version
),

-- The seed says no day of its own: the day after its last month is the earliest on which all of it could stand so.
reviewed as (
    select
        (month || '-01')::date as month,
        cny_per_usd,
        'Federal Reserve, G.5, series EXCHUS, reviewed' as source,
        null::varchar as receipt_id,
        (max((month || '-01')::date) over () + interval 1 month)::date as vintage,
        0 as precedence
    from {{ ref('exchange_rates') }}
),

every_rate as (
    select * from received
    union all
    select * from reviewed
),

final as (
    select
        month,
        cny_per_usd,
        source,
        receipt_id,
        vintage,
        {{ is_synthetic() }} as is_synthetic
    from every_rate
    qualify row_number() over (partition by month order by precedence desc) = 1
)

select * from final
