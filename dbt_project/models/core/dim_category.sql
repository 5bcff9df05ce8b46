with headings as (
    select hs_code from {{ ref('hs_headings') }}
    union
    -- Of traded lines only: a list must not bring categories in which nothing ever crossed the border.
    select unnest([hs2, hs4])
    from {{ ref('dim_commodity') }}
    where first_month is not null
    union
    select hs_prefix
    from {{ ref('stg_landing__own_heading') }}
    where length(hs_prefix) = 6
    union
    select c.hs6
    from {{ ref('dim_commodity') }} as c
    inner join {{ ref('stg_landing__own_heading') }} as n on c.hs4 = n.hs_prefix
    where c.first_month is not null
),

by_code as (
    select
        'hs' || length(h.hs_code) as category_scheme,
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
        hs_prefixes,
        code_system,
        leaves_out
    from {{ ref('int_chosen_category') }}
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
        c.leaves_out,
        {{ is_synthetic() }} as is_synthetic
    from category as c
    left join {{ ref('dim_category_scheme') }} as s on c.category_scheme = s.category_scheme
)

select * from final
