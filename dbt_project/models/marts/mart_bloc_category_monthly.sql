-- One series for each team: the members of a bloc between two dates at which some member joins or leaves. A team is
-- followed back over the year before its first month, so that changes compare the same members.
{{ config(materialized='incremental', incremental_strategy='from_first_stale') }}
{%- set first = first_stale_month() %}

with member as (
    select * from {{ ref('dim_bloc_member') }}
),

turning_point as (
    select
        bloc_code,
        valid_from as team_from
    from member
    union
    select
        bloc_code,
        valid_to as team_from
    from member
    where valid_to is not null
),

period as (
    select
        bloc_code,
        team_from,
        coalesce(
            lead(team_from) over (partition by bloc_code order by team_from), date '9999-12-31'
        ) as team_to
    from turning_point
),

covered as (
    select *
    from {{ ref('int_category_coverage') }}
    where {{ look_back('month') }}
),

-- No country is a partner of its own customs, also where these print what comes back to it.
reporting as (
    select distinct
        source,
        reporter
    from covered
),

team_member as (
    select distinct
        c.source,
        o.reporter,
        p.bloc_code,
        m.bloc_name,
        p.bloc_code || ' ' || p.team_from as team,
        p.team_from,
        p.team_to,
        date_trunc('year', greatest(p.team_from, '{{ first }}'::date)) - interval 1 year as look_from,
        m.partner_iso3,
        c.partner_code
    from period as p
    inner join member as m
        on
            p.bloc_code = m.bloc_code and p.team_from >= m.valid_from
            and (m.valid_to is null or p.team_from < m.valid_to)
    inner join {{ ref('dim_partner') }} as c on m.partner_iso3 = c.partner_iso3
    inner join reporting as o on c.source = o.source and m.partner_iso3 <> o.reporter
    where p.team_to > '{{ first }}'::date
),

team as (
    select
        source,
        reporter,
        bloc_code,
        bloc_name,
        team,
        team_from,
        team_to,
        look_from,
        count(distinct partner_iso3) as n_members,
        count(*) as n_codes
    from team_member
    group by all
),

-- Members that receipts name; what is received for every partner is received for them, too.
named as (
    select
        c.source,
        c.reporter,
        c.flow,
        c.month,
        m.team,
        c.category_scheme,
        c.category_code,
        count(*) filter (where c.covered_usd) as n_usd,
        count(*) filter (where c.covered_local) as n_local
    from covered as c
    inner join team_member as m
        on
            c.source = m.source and c.reporter = m.reporter and c.partner_code = m.partner_code
            and c.month >= m.look_from and c.month < m.team_to
    group by all
),

sums as (
    select
        s.source,
        s.reporter,
        s.flow,
        s.month,
        m.team,
        s.category_scheme,
        s.category_code,
        sum(s.value_usd)::bigint as value_usd,
        sum(s.value_local)::bigint as value_local
    from {{ ref('int_partner_category_month') }} as s
    inner join team_member as m
        on
            s.source = m.source and s.reporter = m.reporter and s.partner_code = m.partner_code
            and s.month >= m.look_from and s.month < m.team_to
    where {{ look_back('s.month') }}
    group by all
),

valued as (
    select
        c.source,
        c.reporter,
        c.flow,
        c.month,
        t.bloc_code,
        t.team,
        t.team_from,
        c.category_scheme,
        c.category_code,
        if(c.covered_usd or n.n_usd = t.n_codes, coalesce(s.value_usd, 0), null) as value_usd,
        if(c.covered_local or n.n_local = t.n_codes, coalesce(s.value_local, 0), null) as value_local
    from covered as c
    inner join team as t
        on c.source = t.source and c.reporter = t.reporter and c.month >= t.look_from and c.month < t.team_to
    left join named as n
        on
            c.source = n.source and c.reporter = n.reporter and c.flow = n.flow and c.month = n.month
            and t.team = n.team and c.category_scheme = n.category_scheme and c.category_code = n.category_code
    left join sums as s
        on
            c.source = s.source and c.reporter = s.reporter and c.flow = s.flow and c.month = s.month
            and t.team = s.team and c.category_scheme = s.category_scheme and c.category_code = s.category_code
    where c.partner_code = '*'
),

month_of_trade as (
    select
        source,
        reporter,
        flow,
        bloc_code,
        category_scheme,
        category_code,
        month
    from valued
    where month >= team_from and (value_usd > 0 or value_local > 0)
    {%- if is_incremental() %}
    union all
    select
        source,
        reporter,
        flow,
        bloc_code,
        category_scheme,
        category_code,
        month
    from {{ this }}
    where {{ before_first_stale('month') }}
    {%- endif %}
),

first_trade as (
    select
        source,
        reporter,
        flow,
        bloc_code,
        category_scheme,
        category_code,
        min(month) as first_month
    from month_of_trade
    group by all
),

spine as (
    select
        v.source,
        v.reporter,
        v.flow,
        v.month,
        v.team as partner_code,
        v.category_scheme,
        v.category_code,
        v.value_usd,
        v.value_local,
        null::bigint as quantity,
        null::varchar as quantity_unit,
        null::integer as n_lines,
        f.first_month
    from valued as v
    inner join first_trade as f using (source, reporter, flow, bloc_code, category_scheme, category_code)
),

{{ category_series('spine', 'source, reporter, flow, partner_code, category_scheme, category_code') }},

final as (
    select
        r.source,
        r.reporter,
        r.flow,
        r.month,
        m.bloc_code,
        m.bloc_name,
        r.category_scheme,
        r.category_code,
        d.category_name,
        m.n_members,
        r.value_usd,
        r.value_local,
        o.local_currency,
        r.value_usd_mom,
        r.value_usd_yoy,
        r.value_usd_ytd,
        r.value_usd_ytd_yoy,
        r.value_local_mom,
        r.value_local_yoy,
        r.value_local_ytd,
        r.value_local_ytd_yoy,
        r.value_usd / nullif(t.value_usd, 0)::double as bloc_share_usd,
        r.value_local / nullif(t.value_local, 0)::double as bloc_share_local,
        o.is_synthetic
    from with_ratios as r
    left join {{ ref('dim_source') }} as o on r.source = o.source
    inner join team as m
        on r.source = m.source and r.reporter = m.reporter and r.partner_code = m.team and r.month >= m.team_from
    left join {{ ref('dim_category') }} as d
        on r.category_scheme = d.category_scheme and r.category_code = d.category_code
    left join {{ ref('mart_category_monthly') }} as t
        on
            r.source = t.source and r.reporter = t.reporter and r.flow = t.flow and r.month = t.month
            and r.category_scheme = t.category_scheme and r.category_code = t.category_code
    where {{ since_first_stale('r.month') }}
)

select * from final
