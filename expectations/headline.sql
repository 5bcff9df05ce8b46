-- Compares: billions, percents, sums of January and February, marks and lines of mart_category_headline_monthly
--           and mart_partner_category_headline_monthly with the series marts and reviewed marks that they show. That the rows are there is found by derived_marts.
-- Window:   every month of both.
-- Tolerance: the last digits of what is divided or multiplied.
with series as (
    select * from mart_partner_category_monthly
    union all by name
    select * from mart_category_monthly
),

tallied as (
    select
        h.table_name,
        h.source,
        h.reporter,
        h.flow,
        h.month,
        count(*) as n_compared,
        [
            measured('value_usd_bn', s.value_usd::double / 1000000000, h.value_usd_bn, row_key),
            measured('yoy_percent', s.value_usd_yoy * 100, h.yoy_percent, row_key),
            measured('ytd_usd_bn', s.value_usd_ytd::double / 1000000000, h.ytd_usd_bn, row_key),
            measured('ytd_yoy_percent', s.value_usd_ytd_yoy * 100, h.ytd_yoy_percent, row_key),
            compared('jan_feb_usd', case when month(h.month) = 2 then s.value_usd_ytd end, h.jan_feb_usd, row_key),
            measured('jan_feb_usd_yoy', case when month(h.month) = 2 then s.value_usd_ytd_yoy end, h.jan_feb_usd_yoy, row_key),
            compared('jan_feb_local', case when month(h.month) = 2 then s.value_local_ytd end, h.jan_feb_local, row_key),
            measured('jan_feb_local_yoy', case when month(h.month) = 2 then s.value_local_ytd_yoy end,
                h.jan_feb_local_yoy, row_key),
            compared('threshold_usd', t.threshold_usd, h.threshold_usd, row_key),
            compared('n_lines', s.n_lines, h.n_lines, row_key),
            compared('is_low_base', s.is_low_base, h.is_low_base, row_key)
        ] as answers
    from (select *, series_key(partner_code, category_scheme, category_code) as row_key from int_headline_monthly) as h
    left join series as s using (source, reporter, flow, month, partner_code, category_scheme, category_code)
    left join dim_category_scheme as t using (category_scheme)
    group by all
)

select * from answers_by_column('tallied', 'docs/marts.md')
