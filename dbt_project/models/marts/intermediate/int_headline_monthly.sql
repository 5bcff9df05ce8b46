{{ config(materialized='incremental', incremental_strategy='from_first_stale') }}
{%- set measures = [
  'value_usd', 'value_usd_yoy', 'value_usd_ytd', 'value_usd_ytd_yoy', 'value_local_ytd', 'value_local_ytd_yoy', 'n_lines'] %}
{%- set carried = {'above_since': 'date', 'record_usd': 'bigint', 'record_month': 'date', 'known_months': 'integer'} %}

with threshold as (
    select * from {{ ref('dim_category_scheme') }}
),

{{ both_series(measures, since_first_stale('month')) }},

{{ carried_series(carried) }},

judged as (
    select
        s.*,
        t.threshold_usd,
        s.value_usd >= t.threshold_usd as is_above,
        s.value_usd as known_usd,
        if(s.value_usd is null, 0, 1) as known_months,
        null::date as record_month,
        false as is_carried,
        null::date as above_since
    from series as s
    left join threshold as t on s.category_scheme = t.category_scheme
    union all by name
    select
        source,
        reporter,
        flow,
        month,
        partner_code,
        category_scheme,
        category_code,
        above_since is not null as is_above,
        record_usd as known_usd,
        known_months,
        record_month,
        true as is_carried,
        above_since
    from carried
),

with_earlier as (
    select
        *,
        max(known_usd) over earlier as earlier_usd,
        coalesce(sum(known_months) over earlier, 0)::integer as earlier_months,
        lag(month) over series_months as previous_month
    from judged
    window
        series_months as (
            partition by source, reporter, flow, partner_code, category_scheme, category_code order by month
        ),
        earlier as (
            partition by source, reporter, flow, partner_code, category_scheme, category_code order by month
            rows between unbounded preceding and 1 preceding
        )
),

-- The month from which a run would count, as told by each row that begins or ends one: the latest holds.
with_starts as (
    select
        * replace (
            case
                when is_carried then record_month
                when known_usd > earlier_usd or earlier_usd is null then if(known_usd is null, null, month)
            end as record_month,
            case
                when is_carried then coalesce(above_since, month + interval 1 month)
                when is_above is distinct from true then month + interval 1 month
                when previous_month = month - interval 1 month then null
                else month
            end::date as above_since
        )
    from with_earlier
),

with_runs as (
    select
        *,
        max(above_since) over so_far as run_since,
        greatest(known_usd, earlier_usd) as record_usd,
        max(record_month) over so_far as last_record_month
    from with_starts
    window so_far as (
        partition by source, reporter, flow, partner_code, category_scheme, category_code order by month
    )
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
        value_usd / 1e9 as value_usd_bn,
        100 * value_usd_yoy as yoy_percent,
        value_usd_ytd / 1e9 as ytd_usd_bn,
        100 * value_usd_ytd_yoy as ytd_yoy_percent,
        if(month(month) = 2, value_usd_ytd, null) as jan_feb_usd,
        if(month(month) = 2, value_usd_ytd_yoy, null) as jan_feb_usd_yoy,
        if(month(month) = 2, value_local_ytd, null) as jan_feb_local,
        if(month(month) = 2, value_local_ytd_yoy, null) as jan_feb_local_yoy,
        threshold_usd,
        if(is_above, date_diff('month', run_since, month) + 1, if(value_usd is null, null, 0))::integer
            as months_at_or_above,
        if(is_above, run_since, null) as above_since,
        if(earlier_months >= 12, value_usd > earlier_usd, null) as is_record,
        record_usd,
        last_record_month as record_month,
        earlier_months + known_months as known_months,
        n_lines,
        is_low_base,
        is_synthetic
    from with_runs
    where not is_carried
)

select * from final
