-- Compares: mart_bloc_category_monthly with the partner mart over the members that each bloc has in the month, which are
--           followed back, so that changes compare the same members.
-- Window:   every month of a bloc from its first trade on; growth of the year to date looks back to January of the year
--           before.
-- Tolerance: none for whole numbers, the last digits for ratios. Members are looked up here month by month, and sums over
--            months made by giving each month to those that hold it, otherwise than in the models, on purpose.
with stream_month as (
    select distinct source, reporter, flow, month from category_cover where partner_code = '*'
),

-- Members by the day from which on the bloc has just these; no country is a partner of its own customs.
team as materialized (
    select *, row_number() over (order by source, reporter, bloc_code, members) as team_id
    from (
        select s.source, s.reporter, b.bloc_code, s.month, count(distinct b.partner_iso3) as n_members,
            list(p.partner_code order by p.partner_code) as members
        from (select distinct source, reporter, month from stream_month) as s
        inner join dim_bloc_member as b
            on
                s.month >= b.valid_from and (b.valid_to is null or s.month < b.valid_to) and s.reporter <> b.partner_iso3
        inner join dim_partner as p on s.source = p.source and b.partner_iso3 = p.partner_iso3
        group by all
    ) as of_month
),

-- Months with the same members share their sums.
made_of as (
    select *, unnest(members) as partner_code, len(members) as n_codes
    from (select source, reporter, members, min(team_id) as team_id from team group by all) as distinct_members
),

named as (
    select t.team_id, c.flow, c.month, c.category_scheme, c.category_code, count(*) filter (where c.covered_usd) as n_usd,
        count(*) filter (where c.covered_local) as n_local
    from category_cover as c
    inner join made_of as t using (source, reporter, partner_code)
    group by all
),

traded as (
    select t.team_id, m.flow, m.month, m.category_scheme, m.category_code, sum(m.value_usd) as usd, sum(m.value_local) as local
    from mart_partner_category_monthly as m
    inner join made_of as t using (source, reporter, partner_code)
    group by all
),

known as materialized (
    select t.team_id, c.source, c.reporter, c.flow, c.month, 12 * year(c.month) + month(c.month) - 1 as at_month,
        c.category_scheme, c.category_code,
        if(c.covered_usd or n.n_usd = t.n_codes, coalesce(s.usd, 0), null) as usd,
        if(c.covered_local or n.n_local = t.n_codes, coalesce(s.local, 0), null) as local
    from category_cover as c
    inner join (select distinct source, reporter, team_id, n_codes from made_of) as t using (source, reporter)
    left join named as n using (team_id, flow, month, category_scheme, category_code)
    left join traded as s using (team_id, flow, month, category_scheme, category_code)
    where c.partner_code = '*'
),

-- Months that are asked for, and a year before them.
summed as (
    select distinct at_month - unnest([0, 12]) as at_month
    from (select distinct at_month from known where is_asked(month)) as asked
),

gathered as (
    select team_id, flow, category_scheme, category_code, at_month,
        sum(usd) filter (where later = 1) as usd_mom,
        sum(local) filter (where later = 1) as local_mom,
        sum(usd) filter (where later = 12) as usd_yoy,
        sum(local) filter (where later = 12) as local_yoy,
        sum(usd) filter (where later <= at_month % 12) as usd_so_far,
        sum(local) filter (where later <= at_month % 12) as local_so_far,
        count(usd) filter (where later <= at_month % 12) as n_usd,
        count(local) filter (where later <= at_month % 12) as n_local
    from (
        select team_id, flow, category_scheme, category_code, usd, local, unnest(generate_series(0, 12)) as later,
            at_month + later as at_month
        from known
    ) as given
    semi join summed using (at_month)
    group by all
),

to_date as materialized (
    select * exclude (usd_so_far, local_so_far, n_usd, n_local),
        if(n_usd = at_month % 12 + 1, usd_so_far, null) as usd_ytd, if(n_local = at_month % 12 + 1, local_so_far, null) as local_ytd
    from gathered
),

bloc_first_traded as (
    select source, reporter, flow, bloc_code, category_scheme, category_code, min(month) as first_month
    from published.main.mart_bloc_category_monthly
    where value_usd > 0 or value_local > 0
    group by all
),

wanted as materialized (
    select k.source, k.reporter, k.flow, k.month, t.bloc_code, k.category_scheme, k.category_code, t.n_members,
        k.usd, k.local, g.* exclude (team_id, flow, category_scheme, category_code, at_month), b.usd_ytd as usd_ytd_before,
        b.local_ytd as local_ytd_before, w.value_usd as whole_usd, w.value_local as whole_local
    from (select * exclude (team_id) from team) as t
    inner join (select distinct source, reporter, members, team_id from made_of) as m using (source, reporter, members)
    inner join known as k on m.team_id = k.team_id and t.month = k.month
    left join to_date as g
        on
            k.team_id = g.team_id and k.flow = g.flow and k.category_scheme = g.category_scheme
            and k.category_code = g.category_code and k.at_month = g.at_month
    left join to_date as b
        on
            k.team_id = b.team_id and k.flow = b.flow and k.category_scheme = b.category_scheme
            and k.category_code = b.category_code and k.at_month = b.at_month + 12
    left join bloc_first_traded as f
        on
            k.source = f.source and k.reporter = f.reporter and k.flow = f.flow and t.bloc_code = f.bloc_code
            and k.category_scheme = f.category_scheme and k.category_code = f.category_code
    left join mart_category_monthly as w
        on
            k.source = w.source and k.reporter = w.reporter and k.flow = w.flow and k.month = w.month
            and k.category_scheme = w.category_scheme and k.category_code = w.category_code
    where is_asked(k.month) and ((k.month >= f.first_month and (k.usd is not null or k.local is not null)) or k.usd > 0 or k.local > 0)
),

paired as (
    select m.* exclude (source, reporter, flow, month), source, reporter, flow, month, w.* exclude (source, reporter, flow, month, bloc_code, category_scheme,
        category_code, n_members), w.n_members as wanted_members,
        format('{} × {}/{}', bloc_code, category_scheme, category_code) as row_key
    from wanted as w
    full join (select * from mart_bloc_category_monthly where is_asked(month)) as m
        using (source, reporter, flow, month, bloc_code, category_scheme, category_code)
),

tallied as (
    select
        'mart_bloc_category_monthly' as table_name,
        source,
        reporter,
        flow,
        month,
        count(*) as n_compared,
        [
            compared('n_members', wanted_members, n_members, row_key),
            compared('value_usd', usd, value_usd, row_key),
            compared('value_local', local, value_local, row_key),
            measured('value_usd_mom', growth(usd, usd_mom), value_usd_mom, row_key),
            measured('value_local_mom', growth(local, local_mom), value_local_mom, row_key),
            measured('value_usd_yoy', growth(usd, usd_yoy), value_usd_yoy, row_key),
            measured('value_local_yoy', growth(local, local_yoy), value_local_yoy, row_key),
            compared('value_usd_ytd', usd_ytd, value_usd_ytd, row_key),
            compared('value_local_ytd', local_ytd, value_local_ytd, row_key),
            measured('value_usd_ytd_yoy', growth(usd_ytd, usd_ytd_before), value_usd_ytd_yoy, row_key),
            measured('value_local_ytd_yoy', growth(local_ytd, local_ytd_before), value_local_ytd_yoy, row_key),
            measured('bloc_share_usd', share(usd, whole_usd), bloc_share_usd, row_key),
            measured('bloc_share_local', share(local, whole_local), bloc_share_local, row_key)
        ] as answers
    from paired
    group by all
),

due as (
    select 'mart_bloc_category_monthly' as table_name, source, reporter, flow, month from wanted
),

standing as (
    select 'mart_bloc_category_monthly' as table_name, source, reporter, flow, month from mart_bloc_category_monthly
)

select * from answers_by_column('tallied', 'docs/marts.md')
union all by name
select * from answers_by_rows('due', 'standing', 'docs/marts.md')
