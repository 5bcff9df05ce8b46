-- The first month of trade of each series, where some month with trade is covered. While months are only added, it can
-- only be one of the new ones, or the one that is known.
{{ config(materialized='incremental', incremental_strategy='replace_all') }}
{%- set added = is_added('month') %}

with traded as (
    select
        source,
        reporter,
        flow,
        month,
        partner_code,
        category_scheme,
        category_code,
        value_usd > 0 as has_usd,
        value_local > 0 as has_local
    from {{ ref('int_partner_category_month') }}
    where (value_usd > 0 or value_local > 0) and {{ added }}
    union all
    select
        source,
        reporter,
        flow,
        month,
        'all' as partner_code,
        category_scheme,
        category_code,
        value_usd > 0 as has_usd,
        value_local > 0 as has_local
    from {{ ref('int_category_month') }}
    where (value_usd > 0 or value_local > 0) and {{ added }}
),

coverage as (
    select *
    from {{ ref('int_category_coverage') }}
    where {{ added }}
),

started as (
    select
        t.source,
        t.reporter,
        t.flow,
        t.partner_code,
        t.category_scheme,
        t.category_code,
        min(t.month) as first_month
    from traded as t
    left join coverage as own using (source, reporter, flow, month, partner_code, category_scheme, category_code)
    left join coverage as whole
        on
            t.source = whole.source and t.reporter = whole.reporter and t.flow = whole.flow
            and t.month = whole.month and whole.partner_code = '*'
            and t.category_scheme = whole.category_scheme and t.category_code = whole.category_code
    where
        (t.has_usd and if(own.month is null, whole.covered_usd, own.covered_usd))
        or (t.has_local and if(own.month is null, whole.covered_local, own.covered_local))
    group by all
    {%- if only_adding() %}
    union all
    select * from {{ this }}
    {%- endif %}
),

final as (
    select
        source,
        reporter,
        flow,
        partner_code,
        category_scheme,
        category_code,
        min(first_month) as first_month
    from started
    group by all
)

select * from final
