{{ config(materialized='incremental', incremental_strategy='replace_stale') }}

with prints as (
    select
        *,
        count(distinct value_usd) over whole as n_distinct_usd,
        count(distinct value_local) over whole as n_distinct_local,
        first_value(value_usd ignore nulls) over whole as first_value_usd,
        first_value(value_local ignore nulls) over whole as first_value_local,
        last_value(value_usd ignore nulls) over whole as latest_value_usd,
        last_value(value_local ignore nulls) over whole as latest_value_local,
        lag(value_usd) over vintages as usd_before,
        lag(value_local) over vintages as local_before,
        row_number() over vintages as print_number
    from {{ ref('int_value_history') }}
    where {{ is_stale('month') }}
    window
        vintages as (
            partition by source, reporter, flow, month, partner_code, category_scheme, category_code
            order by known_from
        ),
        whole as (
            partition by source, reporter, flow, month, partner_code, category_scheme, category_code
            order by known_from
            rows between unbounded preceding and unbounded following
        )
),

final as (
    select
        r.source,
        r.reporter,
        r.flow,
        r.month,
        r.partner_code,
        coalesce(p.partner_name, 'All partners') as partner_name,
        r.category_scheme,
        r.category_code,
        coalesce(d.category_name, 'Tariff line ' || r.category_code) as category_name,
        r.known_from,
        r.known_to,
        r.print_number,
        o.local_currency,
        {%- for c in ['usd', 'local'] %}
        r.value_{{ c }},
        r.first_value_{{ c }},
        r.latest_value_{{ c }},
        r.value_{{ c }} - r.{{ c }}_before as change_{{ c }},
        r.value_{{ c }} / nullif(r.{{ c }}_before, 0)::double - 1 as change_share_{{ c }},
        {%- endfor %}
        o.is_synthetic
    from prints as r
    left join {{ ref('dim_source') }} as o on r.source = o.source
    left join {{ ref('dim_partner') }} as p on r.source = p.source and r.partner_code = p.partner_code
    left join {{ ref('dim_category') }} as d
        on r.category_scheme = d.category_scheme and r.category_code = d.category_code
    where r.n_distinct_usd > 1 or r.n_distinct_local > 1
)

select * from final
