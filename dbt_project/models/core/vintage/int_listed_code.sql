-- The customs' lists that count, one row a list, year and code with its names in both languages. They are China's:
-- whose codes they are stands beside them.
with latest as (
    select
        code_list,
        year,
        language,
        arg_max(receipt_id, precedence) as receipt_id,
        arg_max(parser_version, precedence) as parser_version
    from {{ ref('stg_landing__code_list') }}
    group by all
),

printed as (
    select
        c.code_list,
        c.year,
        c.language,
        c.code,
        c.name,
        coalesce(u1.unit, c.unit_1_as_printed) as unit_1,
        coalesce(u2.unit, c.unit_2_as_printed) as unit_2
    from {{ ref('stg_gacc_nomenclature__code') }} as c
    semi join latest as l on c.receipt_id = l.receipt_id and c.parser_version = l.parser_version
    left join {{ ref('units') }} as u1 on c.unit_1_as_printed = u1.unit_as_printed
    left join {{ ref('units') }} as u2 on c.unit_2_as_printed = u2.unit_as_printed
),

-- Units are the Chinese list's where it is at hand: they agree with its unit codes in every year; the English names
-- are absent in 2017, and in 2018 and from 2020 on some contradict the code beside them.
final as (
    select
        'gacc' as code_system,
        code_list,
        year,
        code,
        max(name) filter (where language = 'en') as name_en,
        max(name) filter (where language = 'zh') as name_zh,
        arg_max_null(unit_1, language) as unit_1,
        arg_max_null(unit_2, language) as unit_2
    from printed
    group by all
)

select * from final
