-- Compares: mart_category_regime_monthly and mart_partner_category_regime_monthly with the raw rows of each regime that
--           count: which rows there are, their values and shares.
-- Window:   every month in which a row that counts carries a regime.
-- Tolerance: none for values, the last digits for shares.
with code_category as (
    select source, commodity_code, category_scheme, category_code
    from (select distinct source, hs_code as commodity_code from raw_row where regime_code is not null) as f
    inner join category_prefix as c using (source)
    semi join chosen_category using (category_scheme, category_code)
    where starts_with(commodity_code, hs_prefix)
),

printed as materialized (
    select r.source, r.reporter, r.flow, r.month, r.partner_code, c.category_scheme, c.category_code, r.regime_code,
        sum(r.value) filter (where r.currency = 'USD') as usd, sum(r.value) filter (where r.currency <> 'USD') as local
    from counted_raw_row as r
    inner join code_category as c on r.source = c.source and r.hs_code = c.commodity_code
    where r.regime_code is not null
    group by all
),

-- All partners together are the partners where every one of them is covered, else the world file.
by_regime as (
    select * from printed
    where partner_code <> 'world'
    union all
    select p.* replace (
        'all' as partner_code,
        if(coalesce(c.covered_usd, false) = (p.partner_code <> 'world'), p.usd, null) as usd,
        if(coalesce(c.covered_local, false) = (p.partner_code <> 'world'), p.local, null) as local
    )
    from printed as p
    left join category_cover as c
        on
            c.partner_code = '*' and p.source = c.source and p.reporter = c.reporter and p.flow = c.flow
            and p.month = c.month and p.category_scheme = c.category_scheme and p.category_code = c.category_code
),

summed as (
    select source, reporter, flow, month, partner_code, category_scheme, category_code, regime_code,
        coalesce(sum(usd), 0) as usd, coalesce(sum(local), 0) as local
    from by_regime
    group by all
),

whole as (
    select source, reporter, flow, month, partner_code, category_scheme, category_code, sum(usd) as usd, sum(local) as local
    from summed
    group by all
),

series as (
    select source, reporter, flow, month, partner_code, category_scheme, category_code, value_usd, value_local
    from mart_partner_category_monthly
    union all
    select source, reporter, flow, month, partner_code, category_scheme, category_code, value_usd, value_local
    from mart_category_monthly
),

-- Regimes split a series only where they make the whole of it.
wanted as materialized (
    select table_of('regime_monthly', r.partner_code) as table_name, r.* exclude (usd, local), if(s.value_usd = w.usd, r.usd, null) as usd,
        if(s.value_local = w.local, r.local, null) as local, s.value_usd as series_usd, s.value_local as series_local
    from summed as r
    inner join whole as w using (source, reporter, flow, month, partner_code, category_scheme, category_code)
    inner join series as s using (source, reporter, flow, month, partner_code, category_scheme, category_code)
    where (s.value_usd = w.usd and r.usd > 0) or (s.value_local = w.local and r.local > 0)
),

paired as (
    select table_name, source, reporter, flow, month, w.usd, w.local, w.series_usd, w.series_local, m.value_usd, m.value_local,
        m.regime_share_usd, m.regime_share_local,
        format('{} × {}/{}, regime {}', partner_code, category_scheme, category_code, regime_code) as row_key
    from wanted as w
    full join int_regime_monthly as m
        using (table_name, source, reporter, flow, month, partner_code, category_scheme, category_code, regime_code)
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
            compared('value_usd', usd, value_usd, row_key),
            compared('value_local', local, value_local, row_key),
            measured('regime_share_usd', share(usd, series_usd), regime_share_usd, row_key),
            measured('regime_share_local', share(local, series_local), regime_share_local, row_key)
        ] as answers
    from paired
    group by all
)

select * from answers_by_column('tallied', 'docs/rules.md, rule 5')
union all by name
select * from answers_by_rows('wanted', 'int_regime_monthly', 'docs/rules.md, rule 5')
