with headings as (
    select hs_code from {{ ref('hs_headings') }}
    union
    -- Of traded lines only: a list must not bring categories in which nothing ever crossed the border.
    select unnest([hs2, hs4])
    from {{ ref('dim_commodity') }}
    where first_month is not null
),

by_code as (
    select
        if(length(h.hs_code) = 2, 'hs2', 'hs4') as category_scheme,
        h.hs_code as category_code,
        coalesce(n.name, 'HS ' || h.hs_code) as category_name,
        h.hs_code as hs_prefixes,
        null::varchar as code_system,
        'Nothing: the whole code as customs class it' as leaves_out
    from headings as h
    left join {{ ref('hs_headings') }} as n on h.hs_code = n.hs_code
),

category as (
    select
        category_scheme,
        category_code,
        category_name,
        coalesce(hs_prefixes, '') as hs_prefixes,
        code_system,
        leaves_out
    from {{ ref('categories') }}
    union all
    select
        category_scheme,
        category_code,
        category_name,
        hs_prefixes,
        code_system,
        leaves_out
    from by_code
),

final as (
    select
        c.category_scheme,
        s.scheme_version,
        c.category_code,
        c.category_name,
        c.hs_prefixes,
        c.code_system,
        c.leaves_out
    from category as c
    left join {{ ref('category_schemes') }} as s on c.category_scheme = s.category_scheme
)

select * from final
