-- Compares: every column of dimensions and exchange rates with the reviewed file, code list, document or source that it comes
--           from; those of the tariff's lines are looked at by tariff.
-- Window:   all of them, told under the last month received; each is small and has no months of its own trade.
-- Tolerance: none.
with last_month as (
    select max(month) as month from coverage
),

-- Sources and what is theirs.
wanted_source as (
    select d.*, case when h.source is not null then p.held_back_since end as held_back_since
    from declared_source as d
    left join held_back as h using (source)
    left join dim_source as p using (source)
),

wanted_calendar as (
    select m.*
    from declared_month as m
    inner join (select source, max(month) as month from coverage group by source) as c using (source)
    where m.month <= make_date(year(c.month), 12, 1)
),

spine as (
    -- Months that a source has and that is held back belong to the calendar, too.
    select unnest(generate_series(min(first_month), greatest((select make_date(year(month), 12, 1) from last_month),
        (select max(month) from dim_month)), interval 1 month))::date as month
    from dim_source
),

holiday as (
    select year::int as year, new_years_day::date as day, unnest(generate_series(-1, 5)) as later from review_lunar_new_years
),

wanted_month as (
    select
        s.month,
        year(s.month)::int as year,
        ceil(month(s.month) / 3)::int as quarter,
        month(s.month)::int as month_of_year,
        format('{}-{:02d}', year(s.month), month(s.month)) as month_label,
        date_diff('day', s.month, (s.month + interval 1 month)::date)::int as days_in_month,
        max(h.day) filter (where month(h.day) = month(s.month)) as lunar_new_year,
        if(count(h.day) = 0, null, count(*) filter (where month(h.day + h.later::int) = month(s.month)))::int
            as lunar_new_year_days
    from spine as s
    left join holiday as h on year(s.month) = h.year
    group by s.month
),

-- Partners, regimes and provinces: the review's, and of the customs' lists what it does not know yet.
region as (
    select left(partner_code, 1) as digit, min(region) as region
    from review_partners
    where partner_system = 'gacc'
    group by digit
),

wanted_partner as (
    select o.source, p.* exclude (partner_system)
    from declared_source as o
    inner join (
        select partner_system, partner_code, name_en as partner_name, name_zh as partner_name_zh, iso3 as partner_iso3,
            iso2 as partner_iso2, m49 as m49_code, comtrade_code, region, is_reimport::boolean as is_reimport,
            is_residual::boolean as is_residual, note
        from review_partners
        union all
        select 'gacc', l.code, coalesce(l.name_en, l.name_zh, l.code), l.name_zh, null, null, null, null,
            coalesce(r.region, 'Other'), false, false, 'in the customs'' list, not reviewed'
        from listed_code as l
        left join region as r on left(l.code, 1) = r.digit
        where
            l.code_list = 'partner'
            and l.code not in (select partner_code from review_partners where partner_system = 'gacc')
    ) as p using (partner_system)
),

wanted_regime as (
    select regime_code, name_en as regime_name, name_zh as regime_name_zh from review_regimes
    union all
    select distinct code, coalesce(name_en, name_zh, code), name_zh from listed_code
    where code_list = 'regime' and code not in (select regime_code from review_regimes)
),

wanted_province as (
    select province_code, name_en as province_name, name_zh as province_name_zh from review_provinces
    union all
    select distinct code, coalesce(name_en, name_zh, code), name_zh from listed_code
    where code_list = 'province' and code not in (select province_code from review_provinces)
),

wanted_bloc as (
    select bloc_code, bloc_name, partner_iso3, valid_from::date as valid_from, valid_to::date as valid_to, reference
    from review_bloc_members
),

-- Categories and their schemes.
wanted_scheme as (
    select s.category_scheme, s.scheme_name, s.scheme_version::int as scheme_version, s.reviewed_on::date as reviewed_on,
        s.leaves_out, false as is_own, t.threshold_usd::bigint as threshold_usd, t.reason as threshold_reason
    from review_category_schemes as s
    left join review_thresholds as t using (category_scheme)
    union all
    select category_scheme, scheme_name, null, null, leaves_out, true, threshold_usd, threshold_reason from own_scheme
),

heading as (
    select hs_code from review_hs_headings
    union
    select left(commodity_code, unnest([2, 4])) from dim_commodity
    where first_month is not null
    union
    select hs_prefix from own_heading
    where len(hs_prefix) = 6
    union
    select left(d.commodity_code, 6)
    from dim_commodity as d
    inner join own_heading as h on len(h.hs_prefix) = 4 and starts_with(d.commodity_code, h.hs_prefix)
    where d.first_month is not null
),

category as (
    select category_scheme, category_code, category_name, coalesce(hs_prefixes, '') as hs_prefixes, code_system, leaves_out
    from review_categories
    union all
    select category_scheme, category_code, category_name, hs_prefixes, code_system, leaves_out from own_category
    union all
    select format('hs{}', len(h.hs_code)), h.hs_code, coalesce(n.name, 'HS ' || h.hs_code), h.hs_code, null,
        'Nothing: the whole code as customs class it'
    from heading as h
    left join review_hs_headings as n using (hs_code)
),

wanted_category as (
    select c.category_scheme, s.scheme_version, c.category_code, c.category_name, c.hs_prefixes, c.code_system, c.leaves_out
    from category as c
    left join wanted_scheme as s using (category_scheme)
),

-- Rates: those received before the reviewed ones, of several the latest.
rate as (
    select r.month, r.cny_per_usd, d.title as source, d.receipt_id, d.vintage, d.precedence
    from printed_rate as r
    inner join document as d using (receipt_id, parser_version)
    union all
    select (month || '-01')::date, cny_per_usd::decimal(12, 6), 'Federal Reserve, G.5, series EXCHUS, reviewed', null,
        ((select max(month) from review_exchange_rates) || '-01')::date + interval 1 month, 0
    from review_exchange_rates
),

wanted_rate as (
    select r.month, r.cny_per_usd, r.source, r.receipt_id, r.vintage::date as vintage
    from rate as r
    anti join rate as later on r.month = later.month and r.precedence < later.precedence
),

said as (
    -- Of a source that is held back whole, receipts say nothing.
    select 'dim_source' as table_name, source as row_key, to_json(t) as row
    from dim_source as t
    where source in (select source from declared_source) or source not in (select source from held_back)
    union all
    select 'dim_release_calendar', concat_ws(' ', source, month), to_json(t) from dim_release_calendar as t
    union all
    select 'dim_month', month::varchar, to_json(t) from dim_month as t
    union all
    select 'dim_partner', concat_ws(' ', source, partner_code), to_json(t) from dim_partner as t
    union all
    select 'dim_regime', regime_code, to_json(t) from dim_regime as t
    union all
    select 'dim_province', province_code, to_json(t) from dim_province as t
    union all
    select 'dim_bloc_member', concat_ws(' ', bloc_code, partner_iso3, valid_from), to_json(t) from dim_bloc_member as t
    union all
    select 'dim_category_scheme', category_scheme, to_json(t) from dim_category_scheme as t
    union all
    select 'dim_category', concat_ws('/', category_scheme, category_code), to_json(t) from dim_category as t
    union all
    select 'fct_exchange_rate_monthly', month::varchar, to_json(t) from fct_exchange_rate_monthly as t
    union all
    select 'dim_measure', measure, to_json(t) from dim_measure as t
),

wanted as (
    select 'dim_source' as table_name, source as row_key, to_json(t) as row
    from wanted_source as t
    union all
    select 'dim_release_calendar', concat_ws(' ', source, month), to_json(t) from marked('wanted_calendar') as t
    union all
    select 'dim_month', month::varchar, to_json(t) from marked('wanted_month') as t
    union all
    select 'dim_partner', concat_ws(' ', source, partner_code), to_json(t)
    from marked('wanted_partner') as t
    union all
    select 'dim_regime', regime_code, to_json(t) from marked('wanted_regime') as t
    union all
    select 'dim_province', province_code, to_json(t) from marked('wanted_province') as t
    union all
    select 'dim_bloc_member', concat_ws(' ', bloc_code, partner_iso3, valid_from), to_json(t) from marked('wanted_bloc') as t
    union all
    select 'dim_category_scheme', category_scheme, to_json(t) from marked('wanted_scheme') as t
    union all
    select 'dim_category', concat_ws('/', category_scheme, category_code), to_json(t) from marked('wanted_category') as t
    union all
    select 'fct_exchange_rate_monthly', month::varchar, to_json(t) from marked('wanted_rate') as t
    union all
    select 'dim_measure', measure, to_json(t) from marked('review_measures') as t
)

select * from answers_by_json('said', 'wanted', 'docs/rules.md')
