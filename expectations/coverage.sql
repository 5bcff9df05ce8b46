-- Compares: what the three tables of coverage (int_series_coverage: together) say of each row with what receipts cover, and
--           why what they do not cover is not there; and their rows with each series of which they speak at all, in each
--           month in which the tariff has its category.
-- Window:   every month of them.
-- Tolerance: none.
with received as (
    select distinct source, reporter, flow, month from coverage
),

-- Partners for which receipts make the category whole, by name; a long list says no more than its length.
named as (
    select source, reporter, flow, month, category_scheme, category_code, list(partner_code order by partner_code) as partners
    from category_cover
    where partner_code not in ('*', 'all') and (covered_usd or covered_local)
    group by all
),

wanted as (
    select
        m.*,
        if(own.n_required is null, whole.covered_usd, own.covered_usd) as is_usd,
        if(own.n_required is null, whole.covered_local, own.covered_local) as is_local,
        if(own.n_required is null, whole.missing, own.missing) as missing,
        whole.n_required,
        own.n_required is not null and m.partner_code not in ('*', 'all') as is_named,
        m.partner_code <> 'all' and (together.covered_usd or together.covered_local) as is_together,
        n.partners,
        r.month is not null as is_received,
        o.local_currency as local,
        list_contains(string_split(o.currencies, ','), 'USD') as has_usd,
        h.source is not null as is_held_back
    from int_series_coverage as m
    inner join dim_source as o using (source)
    left join held_back as h using (source)
    left join received as r using (source, reporter, flow, month)
    left join named as n using (source, reporter, flow, month, category_scheme, category_code)
    left join category_cover as own using (source, reporter, flow, month, partner_code, category_scheme, category_code)
    left join category_cover as whole
        on
            whole.partner_code = '*' and m.source = whole.source and m.reporter = whole.reporter and m.flow = whole.flow
            and m.month = whole.month and m.category_scheme = whole.category_scheme
            and m.category_code = whole.category_code
    left join category_cover as together
        on
            together.partner_code = 'all' and m.source = together.source and m.reporter = together.reporter
            and m.flow = together.flow and m.month = together.month
            and m.category_scheme = together.category_scheme and m.category_code = together.category_code
),

why as (
    select *,
        case
            when is_usd and is_local then null
            when is_usd and local is null then null
            when is_usd then 'not received in ' || local
            when is_local and has_usd then 'not received in USD'
            when is_local then null
            when not is_received then 'no receipt covers this month'
            when missing is null then 'no currency covers all of its codes'
            when len(partners) > 10 and not is_named then format('received for {} partners only', len(partners))
            when len(partners) > 0 and not is_named
                then format('received for partners {} only', array_to_string(partners, ', '))
            when is_together then 'received for all partners together only'
            when n_required > 1 and len(string_split(missing, ', ')) = n_required then 'none of its codes received'
            else 'codes not received: ' || missing
        end as wanted_reason
    from wanted
),

tallied as (
    select
        table_name,
        source,
        reporter,
        flow,
        month,
        count(*) as n_compared,
        [
            compared('covered_usd', is_usd, covered_usd, row_key),
            compared('covered_local', is_local, covered_local, row_key),
            compared('reason', wanted_reason, reason, row_key),
            compared('held_back_since', is_held_back, held_back_since is not null, row_key),
            compared('is_synthetic', is_made_up(), is_synthetic, row_key)
        ] as answers
    from (select *, series_key(partner_code, category_scheme, category_code) as row_key from why) as why
    group by all
),

-- A series that traded is spoken of, whatever the tables of coverage call it.
spoken as (
    select source, reporter, flow, partner_code, category_scheme, category_code from every_coverage
    union
    select source, reporter, flow, partner_code, category_scheme, category_code from first_traded
),

due as (
    select table_of('coverage', s.partner_code) as table_name, c.source, c.reporter, c.flow, c.month, s.partner_code,
        c.category_scheme, c.category_code
    from category_cover as c
    inner join spoken as s using (source, reporter, flow, category_scheme, category_code)
    where c.partner_code = '*'
),

standing as (
    select * from int_series_coverage
    semi join due using (table_name, source, reporter, flow, month, partner_code, category_scheme, category_code)
)

select * from answers_by_column('tallied', 'docs/rules.md, rule 2')
union all by name
select * from answers_by_rows('due', 'int_series_coverage', 'docs/rules.md, rule 2')
union all by name
select * replace (table_name || ', by its keys' as scope)
from answers_by_rows('due', 'standing', 'docs/rules.md, rule 2')
