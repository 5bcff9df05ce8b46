-- Compares: mart_category_concentration_monthly and mart_partner_category_concentration_monthly with the shares of the
--           parts of each series: lines and six-digit codes of the facts, regimes and partners of their marts.
-- Window:   every month of the series marts, in reviewed categories; partners in all.
-- Tolerance: none for numbers of parts and codes, the last digits for what is divided.
with series as (
    select source, reporter, flow, month, partner_code, category_scheme, category_code, value_usd > 0 as has_usd,
        value_local > 0 as has_local
    from mart_partner_category_monthly
    union all
    select source, reporter, flow, month, partner_code, category_scheme, category_code, value_usd > 0, value_local > 0
    from mart_category_monthly
),

cell as (
    select source, reporter, flow, month, partner_code, commodity_code, value_usd as usd, value_local as local
    from fct_trade_monthly
    union all
    select source, reporter, flow, month, 'all', commodity_code, sum(value) filter (where currency = 'USD'),
        sum(value) filter (where currency <> 'USD')
    from all_partners
    group by all
),

code_category as (
    select source, commodity_code, category_scheme, category_code
    from (select distinct source, commodity_code from cell) as f
    inner join category_prefix as c using (source)
    semi join chosen_category using (category_scheme, category_code)
    where starts_with(commodity_code, hs_prefix)
),

line as materialized (
    select f.source, f.reporter, f.flow, f.month, f.partner_code, c.category_scheme, c.category_code, f.commodity_code,
        f.usd, f.local
    from cell as f
    inner join code_category as c using (source, commodity_code)
    where f.usd > 0 or f.local > 0
),

part as (
    select source, reporter, flow, month, partner_code, category_scheme, category_code, 'line' as dimension,
        commodity_code as part_code, usd, local
    from line
    union all
    select source, reporter, flow, month, partner_code, category_scheme, category_code, 'hs6', left(commodity_code, 6),
        sum(usd), sum(local)
    from line
    group by all
    union all
    select source, reporter, flow, month, partner_code, category_scheme, category_code, 'regime', regime_code, value_usd,
        value_local
    from int_regime_monthly
    union all
    select p.source, p.reporter, p.flow, p.month, 'all', p.category_scheme, p.category_code, 'partner', p.partner_code,
        if(c.covered_usd, p.value_usd, null), if(c.covered_local, p.value_local, null)
    from mart_partner_category_monthly as p
    inner join category_cover as c using (source, reporter, flow, month, category_scheme, category_code)
    where c.partner_code = '*' and (c.covered_usd or c.covered_local)
),

-- A currency that the series does not have is known in parts at most.
whole as (
    select p.source, p.reporter, p.flow, p.month, p.partner_code, p.category_scheme, p.category_code, p.dimension,
        case when any_value(s.has_usd) then nullif(sum(p.usd), 0) end as usd,
        case when any_value(s.has_local) then nullif(sum(p.local), 0) end as local
    from part as p
    inner join series as s using (source, reporter, flow, month, partner_code, category_scheme, category_code)
    group by all
),

wanted as materialized (
    select table_of('concentration_monthly', partner_code) as table_name, source, reporter, flow, month, partner_code, category_scheme, category_code, dimension,
        case
            when any_value(w.usd) is null then count(*) filter (where p.local > 0)
            when any_value(w.local) is null then count(*) filter (where p.usd > 0)
            else count(*) filter (where p.usd > 0 or p.local > 0)
        end as n_parts,
        sum(pow(p.usd / w.usd::double, 2)) as squares_usd,
        sum(pow(p.local / w.local::double, 2)) as squares_local,
        -- Of equal parts that with the lower code.
        arg_min({ part_code: p.part_code, usd: p.usd / w.usd::double, local: p.local / w.local::double },
            { below: if(w.usd is null, -p.local, -p.usd), part_code: p.part_code })
            filter (where if(w.usd is null, p.local, p.usd) > 0) as largest
    from part as p
    inner join whole as w using (source, reporter, flow, month, partner_code, category_scheme, category_code, dimension)
    where w.usd > 0 or w.local > 0
    group by all
),

paired as (
    select table_name, source, reporter, flow, month, w.n_parts as wanted_parts, w.squares_usd, w.squares_local, w.largest,
        m.n_parts, m.hhi_usd, m.hhi_local, m.effective_number_usd, m.effective_number_local, m.largest_code,
        m.largest_share_usd, m.largest_share_local,
        format('{} × {}/{} by {}', partner_code, category_scheme, category_code, dimension) as row_key
    from wanted as w
    full join int_concentration_monthly as m
        using (table_name, source, reporter, flow, month, partner_code, category_scheme, category_code, dimension)
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
            compared('n_parts', wanted_parts, n_parts, row_key),
            measured('hhi_usd', squares_usd * 10000, hhi_usd, row_key),
            measured('hhi_local', squares_local * 10000, hhi_local, row_key),
            measured('effective_number_usd', 1 / squares_usd, effective_number_usd, row_key),
            measured('effective_number_local', 1 / squares_local, effective_number_local, row_key),
            compared('largest_code', largest.part_code, largest_code, row_key),
            measured('largest_share_usd', if(squares_usd is null, null, coalesce(largest.usd, 0)), largest_share_usd, row_key),
            measured('largest_share_local', if(squares_local is null, null, coalesce(largest.local, 0)), largest_share_local,
                row_key)
        ] as answers
    from paired
    group by all
)

select * from answers_by_column('tallied', 'docs/marts.md')
union all by name
select * from answers_by_rows('wanted', 'int_concentration_monthly', 'docs/marts.md')
