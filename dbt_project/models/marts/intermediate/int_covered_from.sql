-- From which vintage on a category was covered whole, of months with receipts of more than one vintage: for every
-- partner ('*'), all partners together ('all') and each partner that some receipt names. Coverage only grows.
{{ config(materialized='view') }}

with part as (
    select
        source,
        reporter,
        flow,
        currency,
        month,
        partner_code,
        hs_prefix,
        vintage
    from {{ ref('int_vintage_part') }}
    where first_vintage < last_vintage
),

required as (
    select
        source,
        category_scheme,
        category_code,
        hs_prefix,
        required_from,
        required_to
    from {{ ref('int_category_requirement') }}
),

prefix as (
    select distinct
        source,
        hs_prefix
    from required
),

contained as (
    select
        v.source,
        v.reporter,
        v.flow,
        v.currency,
        v.month,
        v.partner_code,
        p.hs_prefix,
        min(v.vintage) as vintage
    from part as v
    inner join prefix as p on v.source = p.source and starts_with(p.hs_prefix, v.hs_prefix)
    group by all
),

named as (
    select distinct
        source,
        reporter,
        flow,
        currency,
        month,
        partner_code
    from part
    where partner_code not in ('*', 'world')
),

-- A named partner has what is received for it and what is received for every partner; all partners together have what
-- is received for every partner and for all in one row.
received as (
    select * from contained
    where partner_code <> 'world'
    union all
    select * replace ('all' as partner_code)
    from contained
    where partner_code in ('*', 'world')
    union all
    select c.* replace (n.partner_code as partner_code)
    from contained as c
    inner join named as n using (source, reporter, flow, currency, month)
    where c.partner_code = '*'
),

earliest as (
    select
        source,
        reporter,
        flow,
        currency,
        month,
        partner_code,
        hs_prefix,
        min(vintage) as vintage
    from received
    group by all
),

needed as (
    select
        r.source,
        m.month,
        r.category_scheme,
        r.category_code,
        count(*) as n
    from (select distinct month from part) as m
    inner join required as r on m.month between r.required_from and r.required_to
    group by all
),

final as (
    select
        e.source,
        e.reporter,
        e.flow,
        e.currency,
        e.month,
        e.partner_code,
        r.category_scheme,
        r.category_code,
        max(e.vintage) as covered_from
    from earliest as e
    inner join required as r
        on e.source = r.source and e.hs_prefix = r.hs_prefix and e.month between r.required_from and r.required_to
    inner join needed as n
        on
            e.source = n.source and e.month = n.month and r.category_scheme = n.category_scheme
            and r.category_code = n.category_code
    group by e.source, e.reporter, e.flow, e.currency, e.month, e.partner_code, r.category_scheme, r.category_code, n.n
    having count(*) = n.n
)

select * from final
