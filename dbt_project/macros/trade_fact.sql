{#
  One row a cell: the rows that count, regimes and provinces summed, both currencies side by side.

  feeds: 'partner' (a cell has a partner; a cell without any counted row is left out, and covered cells that are not
         here are 0) or 'world' (all partners in one row; every covered cell that was printed once, or asked for by
         its eight digits, is here, with 0 where nothing was traded)
#}
{% macro trade_fact(feeds) -%}
counted as (
    select *
    from rows_that_count
    where quarantine_reason is null and feeds = '{{ feeds }}'
),

-- One row a cell and currency: regimes and provinces summed.
by_currency as (
    select
        source,
        reporter,
        flow,
        month,
        hs_code,
        partner_code,
        currency,
        sum(value)::bigint as value,
        -- Quantities of unlike units are never added.
        if(count(distinct unit_1) <= 1, sum(quantity_1), null)::bigint as quantity_1,
        if(count(distinct unit_1) <= 1, any_value(unit_1), null) as unit_1,
        if(count(distinct unit_2) <= 1, sum(quantity_2), null)::bigint as quantity_2,
        if(count(distinct unit_2) <= 1, any_value(unit_2), null) as unit_2,
        count(*) as source_rows
    from counted
    group by all
),

-- Every cell in every currency that is covered: a covered cell without a row is 0, also where its row is old.
cells as (
    select
        w.source,
        w.reporter,
        w.flow,
        w.month,
        w.hs_code,
        w.partner_code,
        w.currency,
        w.precedence,
        w.receipt_id,
        coalesce(b.value, 0) as value,
        if(b.value is null, 0, b.quantity_1) as quantity_1,
        b.unit_1,
        if(b.value is null, 0, b.quantity_2) as quantity_2,
        b.unit_2,
        coalesce(b.source_rows, 0) as source_rows
    from winner as w
    left join by_currency as b
        on
            w.source = b.source and w.reporter = b.reporter and w.flow = b.flow and w.month = b.month
            and w.hs_code = b.hs_code and w.partner_code = b.partner_code and w.currency = b.currency
    where w.feeds = '{{ feeds }}'
),

-- Quantities come from the later receipt of the two currencies (docs/rules.md, rule 3).
final as (
    select
        source,
        reporter,
        flow,
        month,
        hs_code as hs8,
        {%- if feeds == 'partner' %}
        partner_code,
        {%- endif %}
        max(if(currency = 'USD', value, null)) as value_usd,
        max(if(currency = 'CNY', value, null)) as value_cny,
        arg_max_null(quantity_1, precedence) as quantity_1,
        if(
            arg_max_null(quantity_1, precedence) is not null,
            coalesce(arg_max_null(unit_1, precedence), max(unit_1)),
            null
        ) as unit_1,
        arg_max_null(quantity_2, precedence) as quantity_2,
        if(
            arg_max_null(quantity_2, precedence) is not null,
            coalesce(arg_max_null(unit_2, precedence), max(unit_2)),
            null
        ) as unit_2,
        arg_max(receipt_id, precedence) as receipt_id,
        max(if(currency = 'USD', receipt_id, null)) as receipt_id_usd,
        max(if(currency = 'CNY', receipt_id, null)) as receipt_id_cny,
        sum(source_rows)::bigint as source_rows
    from cells
    group by all
    {%- if feeds == 'partner' %}
    having sum(source_rows) > 0
    {%- endif %}
)
{%- endmacro %}
