-- Codes and names as seen in the exports that count; of several spellings the one printed last.
with seen as (
    select
        t.hs_code,
        t.commodity_as_printed as name,
        regexp_matches(t.commodity_as_printed, '[\x{4e00}-\x{9fff}]') as is_chinese,
        r.precedence,
        t.month
    from {{ ref('stg_gacc__trade') }} as t
    inner join {{ ref('stg_landing__receipt') }} as r
        on t.receipt_id = r.receipt_id and t.parser_version = r.parser_version
    where length(t.hs_code) = 8
),

final as (
    select
        hs_code as hs8,
        left(hs_code, 6) as hs6,
        left(hs_code, 4) as hs4,
        left(hs_code, 2) as hs2,
        arg_max(name, (precedence, month, name)) filter (where not is_chinese) as commodity_name,
        arg_max(name, (precedence, month, name)) filter (where is_chinese) as commodity_name_zh,
        min(month) as first_month,
        max(month) as last_month
    from seen
    group by hs_code
)

select * from final
