-- Compares: tables, columns, their types and order, keys and views of the file with those that the project declares.
-- Window:   the whole file, told under the last month received.
-- Tolerance: none.
with found as (
    select table_name, string_agg(column_name || ' ' || data_type, ', ' order by position) as columns
    from published_column
    group by table_name
),

wanted as (
    select table_name, string_agg(column_name || ' ' || data_type, ', ' order by position) as columns
    from declared_column
    group by table_name
),

-- Beside the declared tables nothing may stand that a reader could take for one.
tables as (
    select table_name, 'columns' as measure, if(f.columns is not distinct from w.columns, 0, 1) as actual,
        case
            when f.columns is null then 'the table is missing'
            when w.columns is null then 'no such table is declared'
            when f.columns <> w.columns then format('declared {}; found {}', w.columns, f.columns)
        end as reason
    from found as f
    full join wanted as w using (table_name)
),

scheme as (
    select distinct category_scheme from dim_category
),

wanted_view as (
    select 'v_' || s.category_scheme || v.ending as table_name, format(
        'CREATE VIEW {} AS SELECT * FROM {} WHERE {};', 'v_' || s.category_scheme || v.ending, v.table_name,
        format(v.shown, s.category_scheme)) as sql
    from scheme as s
    cross join scheme_view as v
    union all
    select table_name, sql from declared_view
),

views as (
    select table_name, 'view' as measure, trim(w.sql) as wanted, trim(f.sql) as found,
        if(wanted is not distinct from found, 0, 1) as actual,
        case
            when found is null then 'the view is missing'
            when wanted is null then 'no such view is declared'
            when found <> wanted then format('declared {} found {}', wanted, found)
        end as reason
    from wanted_view as w
    full join published_view as f using (table_name)
    where (select is_release from audited)
),

-- Its story in a newspaper's words, put together here once more.
told as (
    select m.*, h.months_at_or_above, h.threshold_usd, h.above_since, list_value('no', 'one', 'two', 'three', 'four', 'five', 'six',
        'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve') as numbers
    from published.main.mart_partner_category_monthly as m
    inner join published.main.mart_partner_category_headline_monthly as h
        using (source, reporter, flow, month, partner_code, category_scheme, category_code)
    where m.value_usd is not null and m.category_scheme = 'ic' and m.partner_iso3 = 'USA' and m.flow = 'import' and m.reporter = 'CHN'
    qualify row_number() over (order by m.month desc, m.source like 'gacc%' desc) = 1
),

story as (
    select
        format('China bought {} worth of integrated circuits from the United States in {}{}', in_dollars(value_usd),
            strftime(month, '%B %Y'), coalesce(', ' || in_percent(value_usd_yoy, 0) || ' on a year before', ''))
        || coalesce(if(month(month) = 1, null, format('; {} in January to {}{}', in_dollars(value_usd_ytd),
            strftime(month, '%B %Y'), coalesce(', ' || in_percent(value_usd_ytd_yoy, 1), ''))), '')
        || if(months_at_or_above > 0, format('; {} month{} in a row at {} or more, since {}',
            coalesce(numbers[months_at_or_above + 1], format('{:,}', months_at_or_above)), if(months_at_or_above = 1, '', 's'),
            if(threshold_usd % 1000000000 = 0, format('US${:,} bn', threshold_usd // 1000000000), in_dollars(threshold_usd)),
            strftime(above_since, '%B %Y')), '')
        || format('; {} type{} of chip.', coalesce(numbers[n_lines + 1], format('{:,}', n_lines)), if(n_lines = 1, '', 's')) as headline
    from told
),

-- What the release says of itself is written when the audit has passed, and looked at from then on.
info as (
    select
        'release_info' as table_name,
        [
            compared('is_synthetic', (select bool_or(is_synthetic) from receipt), is_synthetic, release_id),
            compared('last_month', (select max(month) from int_series_coverage where covered_usd or covered_local), last_month,
                release_id),
            compared('headline', if((select bool_or(is_synthetic) from receipt), 'SYNTHETIC: ', '') || (select headline from story),
                headline, release_id),
            compared('contract_version', (select contract_version from audited), contract_version, release_id)
        ] as answers,
        count(*) as n
    from release_info
),

final as (
    select table_name, null as column_name, measure, actual, 1 as n_compared, reason from tables
    union all
    select table_name, null, measure, actual, 1, reason from views
    union all
    select table_name, answer.column_name, 'rows with another ' || answer.column_name,
        if(n = 0, null, answer.n_wrong), n, if(n = 0, 'written when the audit has passed', answer.first_wrong)
    from (select *, unnest(answers) as answer from info) as each_answer
)

select *, (select max(month) from coverage) as month, table_name as scope, '-' as source, '-' as reporter, '-' as flow,
    'release' as dataset, 0 as expected, 0 as tolerance, 'block' as severity, 'docs/marts.md' as reference
from final
where exists (select 1 from coverage)
