-- From which vintage on categories have been covered whole, currency by currency: what has no figure since then was not
-- traded.
{{ config(materialized='view') }}

with single as (
    select distinct
        source,
        reporter,
        flow,
        month,
        first_vintage as known_from
    from {{ ref('int_vintage_part') }}
    where first_vintage = last_vintage
),

final as (
    select
        c.source,
        c.reporter,
        c.flow,
        c.month,
        c.partner_code,
        c.category_scheme,
        c.category_code,
        if(c.covered_usd, s.known_from, null) as usd_from,
        if(c.covered_local, s.known_from, null) as local_from
    from {{ ref('int_category_coverage') }} as c
    inner join single as s using (source, reporter, flow, month)
    union all
    select
        source,
        reporter,
        flow,
        month,
        partner_code,
        category_scheme,
        category_code,
        min(covered_from) filter (where currency = 'USD') as usd_from,
        min(covered_from) filter (where currency <> 'USD') as local_from
    from {{ ref('int_covered_from') }}
    group by all
)

select * from final
