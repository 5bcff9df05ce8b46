-- What is worth a sentence of each month, a row a series and reason; mover_rules says by which rules, and why.
-- January and February are held against a year before together, in February; January alone is not.
{{ config(
    materialized='incremental',
    incremental_strategy='from_first_stale',
    meta={'places_within_scheme': true}
) }}
{%- set key = 'source, reporter, flow, partner_code, category_scheme, category_code' %}
{%- set measures = ['value_usd', 'value_usd_yoy', 'value_usd_ytd', 'value_usd_ytd_yoy'] %}
{%- set rules = ['floor_share', 'floor_months', 'growth', 'fall', 'same_sign_months', 'contribution', 'record_months',
                 'record_age_months', 'record_margin', 'threshold_months'] %}
{#- How far runs are counted: two years back is what a rebuild from any month on reads. #}
{%- set most = 24 %}
{#- In which months of a run beyond the mark it is told: the first, and where it has lasted. #}
{%- set told = [1, 3, 6, 12, 24] %}

with rule as (
    select
        {%- for rule in rules %}
        max(case when rule = '{{ rule }}' then value end) as {{ rule }},
        {%- endfor %}
        count(*) as n_rules
    from {{ ref('mover_rules') }}
),

{{ both_series(measures, since_first_stale('month', years_before=2)) }},

headline as (
    select
        {{ key }},
        month,
        is_record,
        known_months,
        lag(record_usd) over (partition by {{ key }} order by month) as record_before_usd,
        lag(record_month) over (partition by {{ key }} order by month) as record_before_month
    from {{ ref('int_headline_monthly') }}
    where {{ in_stale_category() }} and {{ since_first_stale('month', years_before=2) }}
),

growth as (
    select
        {{ key }},
        month,
        contribution_usd_yoy
    from {{ ref('int_growth_monthly') }}
    where {{ in_stale_category() }} and {{ since_first_stale('month') }}
),

january_february as (
    select
        {{ key }},
        month,
        contribution_usd_yoy
    from {{ ref('int_period') }}
    where
        {{ in_stale_category() }} and {{ since_first_stale('month') }}
        and period_type = 'year_to_date' and month(month) = 2
),

-- Goods of the reporter itself that come back are no partner's.
with_floor as (
    select
        s.*,
        t.threshold_usd,
        t.threshold_usd * r.floor_share as floor_usd,
        s.value_usd >= t.threshold_usd * r.floor_share as is_at_floor,
        s.value_usd < t.threshold_usd as is_below,
        if(month(s.month) = 2, s.value_usd_ytd_yoy, s.value_usd_yoy) as yoy
    from series as s
    inner join {{ ref('dim_category_scheme') }} as t on s.category_scheme = t.category_scheme
    cross join rule as r
    left join {{ ref('dim_partner') }} as p on s.source = p.source and s.partner_code = p.partner_code
    where not coalesce(p.is_reimport, false) and coalesce(s.partner_iso3 <> s.reporter, true)
),

-- A series that is never at the floor has nothing to tell.
large as (
    select distinct {{ key }}
    from with_floor
    where is_at_floor
),

held_against as (
    select
        f.*,
        f.yoy > 0 as is_up,
        f.yoy < 0 as is_down,
        f.yoy >= r.growth as is_far_up,
        f.yoy <= r.fall as is_far_down
    from with_floor as f
    inner join large using ({{ key }})
    cross join rule as r
),

{{ months_in_a_row(
    'held_against',
    {'at_floor': false, 'below': false, 'up': true, 'down': true, 'far_up': true, 'far_down': true}, key) }},

-- What is held against a year before: the month; January and February in February.
with_before as (
    select
        *,
        if(month(month) = 2, 2, 1) as n_months,
        if(previous_month = (month - interval 1 month)::date, lag(n_at_floor) over series, 0) as n_at_floor_before,
        if(previous_month = (month - interval 1 month)::date, lag(n_below) over series, 0) as n_below_before,
        if(month(month) = 2, value_usd_ytd, value_usd) as compared_usd,
        if(
            lag(month, 12) over series = (month - interval 1 year)::date,
            lag(if(month(month) = 2, value_usd_ytd, value_usd), 12) over series,
            null
        ) as base_usd
    from with_runs
    window series as (partition by {{ key }} order by month)
),

compared as (
    select
        w.* exclude (yoy, compared_usd, base_usd),
        h.is_record,
        h.known_months,
        h.record_before_usd,
        h.record_before_month,
        r.floor_months,
        r.same_sign_months,
        r.contribution,
        r.record_months,
        r.record_age_months,
        r.record_margin,
        r.threshold_months,
        {%- for column in ['yoy', 'compared_usd', 'base_usd'] %}
        if(month(w.month) = 1, null, w.{{ column }}) as {{ column }},
        {%- endfor %}
        case month(w.month)
            when 1 then null
            when 2 then j.contribution_usd_yoy
            else g.contribution_usd_yoy
        end as contribution_usd_yoy,
        greatest(w.n_far_up, w.n_far_down) as n_far,
        least(greatest(w.n_up, w.n_down), {{ most }}) as n_same
    from with_before as w
    cross join rule as r
    inner join headline as h using ({{ key }}, month)
    left join growth as g using ({{ key }}, month)
    left join january_february as j using ({{ key }}, month)
    where {{ since_first_stale('w.month') }} and w.n_at_floor_before >= r.floor_months
),

reason as (
    select
        *,
        if(yoy > 0, 'growth', 'fall') as reason
    from compared
    where
        n_far > 0 and yoy is not null and base_usd >= n_months * floor_usd and n_same >= same_sign_months
        and (partner_code = 'all' or coalesce(abs(contribution_usd_yoy) >= contribution, true))
        and (
            {%- for n in told %}
            (n_far - n_months < {{ n }} and n_far >= {{ n }}){{ ' or ' if not loop.last }}
            {%- endfor %}
        )
    union all
    select
        *,
        'record' as reason
    from compared
    where
        is_record and known_months >= record_months
        and date_diff('month', record_before_month, month) >= record_age_months
        and value_usd >= record_before_usd * (1 + record_margin)
    union all
    select
        *,
        'threshold' as reason
    from compared
    where value_usd >= threshold_usd and n_below_before >= threshold_months
),

worded as (
    select
        *,
        compared_usd - base_usd as moved_usd,
        {{ category_in_words('category_scheme', 'category_code', 'category_name') }} as category_words,
        {{ partner_in_words('partner_code', 'partner_iso3', 'partner_name') }} as partner_words,
        {{ money_in_words('value_usd') }} || ' in ' || {{ month_in_words('month') }} as value_words,
        {{ money_in_words('compared_usd') }} || ' in '
        || if(n_months = 2, 'January and February ' || year(month)::varchar, {{ month_in_words('month') }})
            as compared_words,
        {{ money_in_words('record_before_usd') }} || ', of ' || {{ month_in_words('record_before_month') }}
            as record_words,
        {{ mark_in_words('threshold_usd') }} as mark_words,
        {{ change_in_words('yoy') }} as change_words,
        {{ ordinal_in_words('least(n_far, ' ~ most ~ ')', most) }} as place_far,
        {{ ordinal_in_words('n_same', most) }} as place_same,
        if(yoy > 0, 'up by half or more', 'down by a third or more') as far_words,
        if(yoy > 0, 'growth', 'decline') as same_words
    from reason
),

said as (
    select
        *,
        value_words || if(n_months = 1, change_words, '') as month_clause,
        compared_words || change_words || ', ' || if(
            n_far > n_months,
            place_far || ' month in a row ' || far_words,
            place_same || ' month of ' || same_words || ' in a row'
        ) as change_clause
    from worded
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
        reason,
        row_number() over (
            partition by source, reporter, flow, month, category_scheme, partner_code = 'all'
            order by coalesce(-abs(moved_usd), 0), -value_usd, category_code, partner_code, reason
        )::integer as rank,
        value_usd,
        compared_usd,
        base_usd as compared_usd_year_before,
        moved_usd,
        yoy as compared_usd_yoy,
        contribution_usd_yoy,
        if(yoy is null, null, n_same)::integer as months_same_sign,
        if(yoy is null, null, least(n_far, {{ most }}))::integer as months_beyond,
        record_before_usd,
        record_before_month,
        threshold_usd,
        floor_usd::bigint as floor_usd,
        if(is_synthetic, 'SYNTHETIC: ', '') || category_words || if(flow = 'import', ' from ', ' to ') || partner_words
        || ': ' || case reason
            when 'record' then month_clause || ', more than in any month before; the record had been ' || record_words
            when 'threshold'
                then
                    month_clause || ', at or above ' || mark_words || ' for the first time'
                    || if(record_before_usd < threshold_usd, '', ' in more than a year')
            else change_clause
        end || '.' as sentence,
        is_synthetic
    from said
)

select * from final
