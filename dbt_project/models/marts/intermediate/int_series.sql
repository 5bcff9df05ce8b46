-- Every series of which marts speak: those with a cell in some month, all partners together of the same categories, and
-- categories that somebody chose or named, of all partners together and of each partner that some receipt names; and of
-- each category one that stands for partners without a series (*). While months are only added, series of the new ones
-- are added.
{{ config(materialized='incremental', incremental_strategy='replace_all') }}
{%- set added = is_added('month') %}

with traded as (
    select
        source,
        reporter,
        flow,
        partner_code,
        category_scheme,
        category_code
    from {{ ref('int_partner_category_month') }}
    where {{ added }}
    union
    select
        source,
        reporter,
        flow,
        'all' as partner_code,
        category_scheme,
        category_code
    from {{ ref('int_category_month') }}
    where {{ added }}
    {%- if only_adding() %}
    union
    select
        source,
        reporter,
        flow,
        partner_code,
        category_scheme,
        category_code
    from {{ this }}
    {%- endif %}
),

named as (
    select distinct
        source,
        reporter,
        flow,
        if(partner_code in ('*', 'world'), 'all', partner_code) as partner_code
    from {{ ref('int_coverage') }}
),

-- Each source has the categories that its codes can make.
chosen as (
    select distinct
        p.source,
        p.category_scheme,
        p.category_code
    from {{ ref('int_category_prefix') }} as p
    left join {{ ref('int_chosen_category') }} as c
        on p.category_scheme = c.category_scheme and p.category_code = c.category_code
    where c.category_code is not null or p.category_scheme = 'hs6'
),

final as (
    select * from traded
    union
    select
        source,
        reporter,
        flow,
        unnest(['all', '*']) as partner_code,
        category_scheme,
        category_code
    from traded
    union
    select
        n.source,
        n.reporter,
        n.flow,
        unnest([n.partner_code, 'all', '*']) as partner_code,
        c.category_scheme,
        c.category_code
    from named as n
    inner join chosen as c on n.source = c.source
)

select * from final
