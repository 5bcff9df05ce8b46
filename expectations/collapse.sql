-- Compares: each figure of the release before that says something else now (month × partner or all together × category)
--           with what it says now. A series that is covered and has no row any more is 0.
-- Window:   months whose content has changed; figures of US$ 1 m and more, or of 7 m in local currency where dollars are
--           not covered, whose categories are defined as they were.
-- Tolerance: down to a tenth, up to ten times. What trade does in a revision is far within; what is beyond is another
--            flow, unit or scope, whatever its vintage, until somebody has looked (known_exceptions.yml).
with before as (
    select * from before_mart_partner_category_monthly
    union all
    select * from before_mart_category_monthly
),

now as (
    select source, reporter, flow, month, partner_code, category_scheme, category_code, value_usd, value_local
    from mart_partner_category_monthly
    semi join (select distinct month from before) as changed using (month)
    union all
    select source, reporter, flow, month, partner_code, category_scheme, category_code, value_usd, value_local
    from mart_category_monthly
    semi join (select distinct month from before) as changed using (month)
),

figure as (
    select b.* exclude (value_usd, value_local), if(b.value_usd is null, 'value_local', 'value_usd') as measure,
        coalesce(b.value_usd, b.value_local) as was, if(b.value_usd is null, n.value_local, n.value_usd) as found,
        n.month is not null as has_row
    from before as b
    left join now as n using (source, reporter, flow, month, partner_code, category_scheme, category_code)
    where b.value_usd >= 1000000 or (b.value_usd is null and b.value_local >= 7000000)
),

changed as (
    select f.*, c.category_code is not null as is_same_category
    from figure as f
    left join (
        select category_scheme, category_code
        from before_dim_category as b
        inner join dim_category as n using (category_scheme, category_code)
        where
            b.hs_prefixes = n.hs_prefixes and b.code_system is not distinct from n.code_system
            and b.scheme_version is not distinct from n.scheme_version
    ) as c using (category_scheme, category_code)
    where f.was is distinct from f.found
),

-- Of series without a row: those of which a part is covered by no receipt any more.
uncovered as (
    select distinct c.source, c.reporter, c.flow, c.month, c.partner_code, c.category_scheme, c.category_code
    from changed as c
    inner join category_prefix as p using (source, category_scheme, category_code)
    inner join requirement as r
        on c.source = r.source and p.hs_prefix = r.scope_prefix and c.month >= r.required_from
    where
        not c.has_row and not exists (
            select 1 from coverage as v
            where
                v.source = c.source and v.reporter = c.reporter and v.flow = c.flow and v.month = c.month
                and (v.currency = 'USD') = (c.measure = 'value_usd') and starts_with(r.hs_prefix, v.hs_prefix)
                and (v.partner_code in ('*', c.partner_code) or (c.partner_code = 'all' and v.partner_code = 'world'))
        )
),

judged as (
    select c.*, coalesce(c.found, 0) as is_now, case
        when not c.is_same_category then 'belong to a category that is defined in another way now'
        when (c.has_row and c.found is null) or u.month is not null then 'are not covered any more'
    end as why_not, why_not is null and (10::hugeint * is_now < c.was or is_now > 10::hugeint * c.was) as is_beyond
    from changed as c
    left join uncovered as u using (source, reporter, flow, month, partner_code, category_scheme, category_code)
),

-- The largest by themselves, so that each can be looked at, or known; the others of the month together.
ranked as (
    select *, is_beyond and row_number() over (
        partition by source, reporter, flow, month, is_beyond
        order by abs(is_now - was) desc, category_scheme, category_code, partner_code
    ) <= 50 as is_told
    from judged
),

final as (
    select
        source,
        reporter,
        flow,
        month,
        format('{} × {}/{}, as published before and now', partner_code, category_scheme, category_code) as scope,
        measure,
        was as expected,
        is_now as actual,
        if(is_now < was, 0.9, 9) * was as tolerance,
        1 as n_compared,
        'if it is true, say so in known_exceptions.yml; if not, bonded withdraw the receipt that brought it' as reason
    from ranked
    where is_told
    union all
    select
        source,
        reporter,
        flow,
        month,
        'other figures that differ from the release before',
        'beyond a tenth or ten times',
        0,
        count(*) filter (where is_beyond),
        0,
        count(*),
        'first ' || min(format('{} × {}/{}', partner_code, category_scheme, category_code)) filter (where is_beyond)
    from ranked
    where why_not is null and not is_told
    group by source, reporter, flow, month
    union all
    select
        source,
        reporter,
        flow,
        month,
        'figures of the release before that ' || why_not,
        'figures',
        null,
        null,
        0,
        0,
        format('{:,} figures {}, first {}', count(*), why_not,
            min(format('{} × {}/{}', partner_code, category_scheme, category_code)))
    from ranked
    where why_not is not null
    group by source, reporter, flow, month, why_not
)

select *, source || ' ' || flow as dataset, 'block' as severity, 'docs/rules.md' as reference from final
