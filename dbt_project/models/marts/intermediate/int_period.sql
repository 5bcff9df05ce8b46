-- Periods of every series, all partners together as partner_code all. A row stands in the last month that it counts, so
-- that one more month moves the unfinished quarter, half and year: whole years are built anew.
{{ config(materialized='incremental', incremental_strategy='from_first_stale_year') }}
{%- set key = ['source', 'reporter', 'flow', 'partner_code', 'category_scheme', 'category_code'] %}
{%- set look_back = in_stale_category() ~ ' and ' ~ since_first_stale('month', years_before=2) %}

with covered as (
    select *
    from {{ ref('int_series_coverage') }}
    where {{ look_back }}
),

every_partner as (
    select *
    from {{ ref('int_category_coverage') }}
    where partner_code = '*' and {{ look_back }}
),

sums as (
    select
        source,
        reporter,
        flow,
        month,
        partner_code,
        category_scheme,
        category_code,
        value_usd,
        value_local,
        quantity,
        quantity_unit,
        net_weight_kg,
        weight_is_estimated
    from {{ ref('int_partner_category_month') }}
    where {{ look_back }}
    union all
    select
        source,
        reporter,
        flow,
        month,
        'all' as partner_code,
        category_scheme,
        category_code,
        value_usd,
        value_local,
        quantity,
        quantity_unit,
        net_weight_kg,
        weight_is_estimated
    from {{ ref('int_category_month') }}
    where {{ look_back }}
),

first_trade as (
    select
        *,
        row_number() over (order by {{ key | join(', ') }}) as series_id,
        dense_rank() over (order by source, reporter, flow, category_scheme, category_code) as category_id
    from {{ ref('int_series_start') }}
),

-- A quantity that measures something has a unit, if only that none is printed.
spine as (
    select
        c.source,
        c.reporter,
        c.flow,
        c.month,
        c.partner_code,
        c.category_scheme,
        c.category_code,
        f.series_id,
        f.first_month,
        if(c.covered_usd, coalesce(s.value_usd, 0), null) as usd,
        if(c.covered_local, coalesce(s.value_local, 0), null) as in_local,
        if(s.month is null, 0, s.quantity) as quantity,
        if(
            s.month is not null and (s.quantity_unit is not null or s.quantity is distinct from 0),
            coalesce(s.quantity_unit, ''),
            null
        ) as unit,
        if(s.month is null, 0, s.net_weight_kg) as weight,
        coalesce(s.weight_is_estimated, false) as is_estimated
    from covered as c
    inner join first_trade as f using (source, reporter, flow, partner_code, category_scheme, category_code)
    -- As in the series: before its first trade there is nothing, whatever quantity was printed beside no value. By a
    -- key that is null there: any condition but equality in an outer join is tried on every pair of rows.
    left join sums as s
        on
            c.source = s.source and c.reporter = s.reporter and c.flow = s.flow
            and if(c.month >= f.first_month, c.month, null) = s.month and c.partner_code = s.partner_code
            and c.category_scheme = s.category_scheme and c.category_code = s.category_code
),

with_whole as (
    select
        s.*,
        w.usd as whole_usd,
        w.in_local as whole_local,
        coalesce(e.covered_usd, false) as has_every_partner
    from spine as s
    left join spine as w
        on
            s.source = w.source and s.reporter = w.reporter and s.flow = w.flow and s.month = w.month
            and w.partner_code = 'all' and s.category_scheme = w.category_scheme and s.category_code = w.category_code
    left join every_partner as e
        on
            s.source = e.source and s.reporter = e.reporter and s.flow = e.flow and s.month = e.month
            and s.category_scheme = e.category_scheme and s.category_code = e.category_code
),

with_bases as (
    select
        *,
        lag(usd, 12) over series as base_usd,
        lag(in_local, 12) over series as base_local,
        lag(whole_usd, 12) over series as whole_base_usd
    from with_whole
    window series as (partition by series_id order by month)
),

-- The months that count are those known in dollars; in local currency where none of the period is known in dollars.
of_calendar as (
    select
        b.*,
        p.period_type,
        case p.period_type
            when 'quarter' then date_trunc('quarter', b.month)
            when 'half' then date_trunc('year', b.month) + if(month(b.month) > 6, interval 6 month, interval 0 month)
            else date_trunc('year', b.month)
        end::date as period_from
    from with_bases as b
    cross join (values ('quarter'), ('half'), ('year')) as p (period_type)
    where {{ since_first_stale('b.month', years_before=0) }}
),

with_known as (
    select
        *,
        count(usd) over (partition by series_id, period_type, period_from) as n_known_usd
    from of_calendar
),

calendar_period as (
    select
        series_id,
        period_type,
        period_from,
        max(month) as month,
        count(*) as n_months,
        {{ period_sums() }}
    from with_known
    where usd is not null or (n_known_usd = 0 and in_local is not null)
    group by series_id, period_type, period_from
),

running_period as (
    select
        series_id,
        'year_to_date' as period_type,
        date_trunc('year', month)::date as period_from,
        month,
        month(month) as n_months,
        {{ period_sums(' over year_so_far') }}
    from with_bases
    where {{ since_first_stale('month', years_before=0) }}
    window year_so_far as (partition by series_id, year(month) order by month)
    union all
    select
        series_id,
        'rolling_12' as period_type,
        (month - interval 11 month)::date as period_from,
        month,
        12 as n_months,
        {{ period_sums(' over last_12') }}
    from with_bases
    where {{ since_first_stale('month', years_before=1) }}
    window last_12 as (partition by series_id order by month rows between 11 preceding and current row)
),

each_period as (
    select * from calendar_period
    union all
    select *
    from running_period
    where n_usd = n_months or n_in_local = n_months
),

measured as (
    select
        f.source,
        f.reporter,
        f.flow,
        p.month,
        f.partner_code,
        f.category_scheme,
        f.category_code,
        f.category_id,
        p.period_type,
        p.period_from,
        case p.period_type
            when 'quarter' then p.period_from + interval 2 month
            when 'half' then p.period_from + interval 5 month
            when 'year' then p.period_from + interval 11 month
            else p.month
        end::date as period_to,
        case p.period_type
            when 'quarter' then 3
            when 'half' then 6
            when 'year_to_date' then p.n_months
            else 12
        end as n_months_due,
        p.n_months,
        {%- for measure in period_measures() %}
        if(p.n_{{ measure }} = p.n_months, p.{{ measure }}, null)::bigint as {{ measure }},
        {%- endfor %}
        coalesce(p.least_unit = p.unit, true) as has_like_units,
        nullif(p.unit, '') as unit,
        p.is_estimated,
        p.has_every_partner
    from each_period as p
    inner join first_trade as f on p.series_id = f.series_id and p.month >= f.first_month
    where {{ since_first_stale('month', years_before=0) }}
),

named as (
    select
        m.*,
        p.partner_iso3,
        coalesce(p.partner_name, if(m.partner_code = 'all', 'All partners', null)) as partner_name,
        c.category_name,
        o.local_currency,
        o.is_synthetic,
        m.partner_code <> 'all' and m.usd > 0 and m.has_every_partner and not coalesce(p.is_reimport, false)
        -- A reporter's own goods that come back.
        and coalesce(p.partner_iso3 <> m.reporter, true) as is_ranked
    from measured as m
    left join {{ ref('dim_source') }} as o on m.source = o.source
    left join {{ ref('dim_partner') }} as p on m.source = p.source and m.partner_code = p.partner_code
    left join {{ ref('dim_category') }} as c
        on m.category_scheme = c.category_scheme and m.category_code = c.category_code
),

final as (
    select
        source,
        reporter,
        flow,
        month,
        partner_code,
        partner_iso3,
        partner_name,
        category_scheme,
        category_code,
        category_name,
        period_type,
        case period_type
            when 'quarter' then year(period_from)::varchar || '-Q' || quarter(period_from)::varchar
            when 'half' then year(period_from)::varchar || if(month(period_from) = 1, '-H1', '-H2')
            when 'year' then year(period_from)::varchar
            else strftime(period_from, '%Y-%m') || '..' || strftime(period_to, '%Y-%m')
        end as period,
        period_from,
        period_to,
        n_months::integer as n_months,
        n_months_due::integer as n_months_due,
        n_months = n_months_due as is_complete,
        usd as value_usd,
        in_local as value_local,
        local_currency,
        if(has_like_units, quantity, null) as quantity,
        if(has_like_units and quantity is not null, unit, null) as quantity_unit,
        weight as net_weight_kg,
        if(weight is null, null, is_estimated) as weight_is_estimated,
        base_usd as value_usd_year_before,
        base_local as value_local_year_before,
        usd / nullif(base_usd, 0)::double - 1 as value_usd_yoy,
        in_local / nullif(base_local, 0)::double - 1 as value_local_yoy,
        usd / nullif(whole_usd, 0)::double as partner_share_usd,
        in_local / nullif(whole_local, 0)::double as partner_share_local,
        (usd - base_usd) / nullif(whole_base_usd, 0)::double as contribution_usd_yoy,
        if(
            is_ranked,
            rank() over (
                partition by category_id, period_type, period_from, month, is_ranked order by usd desc
            ),
            null
        )::integer as rank_usd,
        base_usd > 0 and base_usd < 1000000 as is_low_base,
        is_synthetic
    from named
)

select * from final
