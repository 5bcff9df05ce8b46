-- Compares: months in a row at a mark, records and known months of mart_category_headline_monthly and
--           mart_partner_category_headline_monthly with what follows from the row before of the same series: so each row
--           stands on the one before it, and the first on nothing.
-- Window:   every row; the row before may lie any number of months back.
-- Tolerance: none.
with series as (
    select source, reporter, flow, month, partner_code, category_scheme, category_code, value_usd
    from mart_partner_category_monthly
    union all
    select source, reporter, flow, month, partner_code, category_scheme, category_code, value_usd
    from mart_category_monthly
),

paired as (
    select
        h.* exclude (b),
        s.value_usd,
        s.value_usd >= h.threshold_usd as is_above,
        h.month = b.month + interval 1 month and b.above_since is not null as goes_on,
        b.months_at_or_above as months_before,
        b.above_since as since_before,
        b.record_usd as record_before,
        b.record_month as record_month_before,
        coalesce(b.known_months, 0) as known_before
    from (
        select *, lag({month: month, months_at_or_above: months_at_or_above, above_since: above_since, record_usd: record_usd,
            record_month: record_month, known_months: known_months}) over (
                partition by source, reporter, flow, partner_code, category_scheme, category_code order by month
            ) as b
        from int_headline_monthly
    ) as h
    left join series as s using (source, reporter, flow, month, partner_code, category_scheme, category_code)
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
            compared('months_at_or_above', case
                when is_above then if(goes_on, months_before + 1, 1)
                when value_usd is not null then 0
            end, months_at_or_above, row_key),
            compared('above_since', case when is_above then if(goes_on, since_before, month) end, above_since, row_key),
            compared('is_record', case when known_before > 11 then value_usd > record_before end, is_record, row_key),
            compared('record_usd', case when value_usd <= record_before then record_before else
                coalesce(value_usd, record_before) end, record_usd, row_key),
            compared('record_month', case
                when value_usd is null or value_usd <= record_before then record_month_before else month
            end, record_month, row_key),
            compared('known_months', known_before + if(value_usd is null, 0, 1), known_months, row_key)
        ] as answers
    from (select *, series_key(partner_code, category_scheme, category_code) as row_key from paired) as paired
    group by all
)

select * from answers_by_column('tallied', 'docs/marts.md')
