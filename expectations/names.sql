-- Compares: names, ISO codes, currencies and the mark of made-up figures in every mart with the dimensions and receipts
--           that they come from.
-- Window:   every month of every mart that is kept by month.
-- Tolerance: none.
with said as (
    select 'mart_partner_category_monthly' as table_name, source, reporter, flow, month, partner_code, partner_iso3,
        partner_name, category_scheme, category_code, category_name, local_currency, is_synthetic, count(*) as n
    from mart_partner_category_monthly
    group by all
    union all by name
    select 'mart_category_monthly' as table_name, source, reporter, flow, month, partner_code, partner_iso3,
        partner_name, category_scheme, category_code, category_name, local_currency, is_synthetic, count(*) as n
    from mart_category_monthly
    group by all
    union all by name
    select table_name, source, reporter, flow, month, partner_code, partner_iso3,
        partner_name, category_scheme, category_code, category_name, is_synthetic, count(*) as n
    from int_headline_monthly
    group by all
    union all by name
    select table_name, source, reporter, flow, month, partner_code, partner_iso3,
        partner_name, category_scheme, category_code, category_name, is_synthetic, count(*) as n
    from int_growth_monthly
    group by all
    union all by name
    select table_name, source, reporter, flow, month, partner_code, partner_iso3,
        partner_name, category_scheme, category_code, category_name, local_currency, is_synthetic, count(*) as n
    from int_period
    group by all
    union all by name
    select table_name, source, reporter, flow, month, partner_code, partner_iso3,
        partner_name, category_scheme, category_code, category_name, is_synthetic, count(*) as n
    from int_mover_monthly
    group by all
    union all by name
    select table_name, source, reporter, flow, month, partner_code, partner_iso3,
        partner_name, category_scheme, category_code, category_name, regime_code, regime_name, local_currency,
        is_synthetic, count(*) as n
    from int_regime_monthly
    group by all
    union all by name
    select table_name, source, reporter, flow, month, partner_code,
        partner_name, category_scheme, category_code, category_name, is_synthetic, count(*) as n
    from int_concentration_monthly
    group by all
    union all by name
    select table_name, source, reporter, flow, month, partner_code, partner_name,
        category_scheme, category_code, category_name, local_currency, is_synthetic, count(*) as n
    from int_restatement
    group by all
    union all by name
    select 'mart_bloc_category_monthly' as table_name, source, reporter, flow, month, bloc_code, bloc_name,
        category_scheme, category_code, category_name, local_currency, is_synthetic, count(*) as n
    from mart_bloc_category_monthly
    group by all
),

made_up as (
    select source, bool_or(is_synthetic) as is_synthetic from receipt group by source
),

bloc as (
    select bloc_code, min(bloc_name) as bloc_name from dim_bloc_member group by bloc_code
),

tallied as (
    select
        t.table_name,
        t.source,
        t.reporter,
        t.flow,
        t.month,
        sum(t.n) as n_compared,
        [
            compared('partner_iso3', if(t.table_name like '%_concentration_monthly' or t.table_name like '%_restatement', null,
                p.partner_iso3), t.partner_iso3, t.partner_code),
            compared('partner_name', if(t.partner_code = 'all', 'All partners', p.partner_name), t.partner_name,
                t.partner_code),
            compared('category_name', coalesce(c.category_name, 'Tariff line ' || t.category_code), t.category_name,
                t.category_scheme || '/' || t.category_code),
            compared('bloc_name', b.bloc_name, t.bloc_name, t.bloc_code),
            compared('regime_name', g.regime_name, t.regime_name, t.regime_code),
            compared('local_currency', o.local_currency, t.local_currency, t.source),
            compared('is_synthetic', m.is_synthetic, t.is_synthetic, t.source)
        ] as answers
    from said as t
    left join made_up as m using (source)
    left join dim_source as o using (source)
    left join dim_partner as p on t.source = p.source and t.partner_code = p.partner_code
    left join dim_category as c on t.category_scheme = c.category_scheme and t.category_code = c.category_code
    left join bloc as b on t.bloc_code = b.bloc_code
    left join dim_regime as g on t.regime_code = g.regime_code
    group by all
)

-- Not every mart has every name.
select * from answers_by_column('tallied', 'docs/marts.md')
semi join published_column using (table_name, column_name)
