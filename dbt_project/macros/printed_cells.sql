{#
  The CTE printed: what each receipt prints of a cell, from its vintage on until a later receipt whose scope contains
  the cell takes its place (known_to, NULL = never). Of stale months that have receipts of more than one vintage; held back
  rows are out. Beside it from when on the cell, and every partner of its line, was covered in that currency.

  A macro and not a model, since the condition on months must reach the raw files.
#}
{% macro printed_cells() -%}
part as (
    select *
    from {{ ref('int_vintage_part') }}
    where first_vintage < last_vintage
),

brought as (
    select
        r.receipt_id,
        r.precedence,
        r.vintage as known_from,
        r.feeds,
        t.source,
        t.reporter,
        t.flow,
        t.currency,
        t.month,
        t.hs_code as commodity_code,
        coalesce(t.partner_code, 'world') as partner_code,
        sum(t.value)::bigint as value
    from {{ ref('int_trade_row') }} as t
    inner join {{ ref('stg_landing__receipt') }} as r
        on t.receipt_id = r.receipt_id and t.parser_version = r.parser_version
    semi join part as m on t.receipt_id = m.receipt_id and t.month = m.month
    left join {{ ref('dim_partner') }} as p on t.source = p.source and t.partner_code = p.partner_code
    left join {{ ref('dim_regime') }} as g on t.regime_code = g.regime_code
    left join {{ ref('dim_province') }} as v on t.province_code = v.province_code
    where
        (p.partner_code is not null or r.feeds = 'world')
        and (t.regime_code is null or g.regime_code is not null)
        and (t.province_code is null or v.province_code is not null)
        and {{ is_stale('t.month', by_category=false) }} and {{ of_stale_category('t.hs_code') }}
    group by all
),

-- Whole and partial partner scopes are joined apart, since an OR in a join condition costs a full product.
replaced as (
    {%- for partner in ["if(p.feeds = 'world', 'world', '*')", "p.partner_code"] %}
    select
        p.receipt_id,
        p.month,
        p.commodity_code,
        p.partner_code,
        v.vintage
    from brought as p
    inner join part as v
        on
            p.feeds = v.feeds and p.source = v.source and p.reporter = v.reporter and p.flow = v.flow
            and p.currency = v.currency and p.month = v.month and {{ partner }} = v.partner_code
            and p.precedence < v.precedence and starts_with(p.commodity_code, v.hs_prefix)
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

ended as (
    select
        receipt_id,
        month,
        commodity_code,
        partner_code,
        min(vintage) as known_to
    from replaced
    group by all
),

brought_line as (
    select distinct
        source,
        reporter,
        flow,
        currency,
        month,
        commodity_code
    from brought
),

line_cover as (
    select
        p.source,
        p.reporter,
        p.flow,
        p.currency,
        p.month,
        p.commodity_code,
        v.partner_code,
        min(v.vintage) as vintage
    from brought_line as p
    inner join part as v
        on
            p.source = v.source and p.reporter = v.reporter and p.flow = v.flow and p.currency = v.currency
            and p.month = v.month and starts_with(p.commodity_code, v.hs_prefix)
    group by all
),

printed as (
    select
        p.*,
        e.known_to,
        whole.vintage as every_partner_from,
        least(own.vintage, whole.vintage) as covered_from
    from brought as p
    left join ended as e using (receipt_id, month, commodity_code, partner_code)
    left join line_cover as own using (source, reporter, flow, currency, month, commodity_code, partner_code)
    left join line_cover as whole
        on
            p.source = whole.source and p.reporter = whole.reporter and p.flow = whole.flow
            and p.currency = whole.currency and p.month = whole.month and p.commodity_code = whole.commodity_code
            and whole.partner_code = '*'
    where e.known_to is null or e.known_to > p.known_from
)
{%- endmacro %}
