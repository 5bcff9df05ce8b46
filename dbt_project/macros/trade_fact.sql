{#
  One row a cell: the rows that count, regimes and provinces summed, both currencies side by side.

  rows_that_count, row_winner, month_winner: the models int_counted_row, int_row_winner, int_month_winner
  feeds: 'partner' (a cell has a partner; a cell without any counted row is left out, and covered cells that are not
         here are 0) or 'world' (all partners in one row; every covered cell that was printed once, or asked for by
         its eight digits, is here, with 0 where nothing was traded)
#}
{% macro trade_fact(feeds) -%}
by_cell as (
    select
        source,
        reporter,
        flow,
        month,
        hs_code,
        partner_code,
        {%- for c in ['usd', 'cny'] %}
        sum(value) filter (where currency = '{{ c | upper }}') as value_{{ c }},
        {%- for n in [1, 2] %}
        -- Quantities of unlike units are never added.
        if(
            min(unit_{{ n }}) filter (where currency = '{{ c | upper }}')
            is not distinct from max(unit_{{ n }}) filter (where currency = '{{ c | upper }}'),
            sum(quantity_{{ n }}) filter (where currency = '{{ c | upper }}'),
            null
        ) as quantity_{{ n }}_{{ c }},
        min(unit_{{ n }}) filter (where currency = '{{ c | upper }}') as unit_{{ n }}_{{ c }},
        {%- endfor %}
        {%- endfor %}
        count(*) as source_rows
    from rows_that_count
    where quarantine_reason is null and feeds = '{{ feeds }}'
    group by all
),

won as (
    select
        source,
        reporter,
        flow,
        month,
        hs_code,
        partner_code,
        {%- for c in ['usd', 'cny'] %}
        max(precedence) filter (where currency = '{{ c | upper }}') as precedence_{{ c }},
        max(receipt_id) filter (where currency = '{{ c | upper }}') as receipt_id_{{ c }}{{ ',' if not loop.last }}
        {%- endfor %}
    from row_winner
    where feeds = '{{ feeds }}'
    group by all
),

-- A covered cell without a row is 0, also where its row is old.
cell as (
    select
        {%- if feeds == 'partner' %}
        b.*,
        {%- for c in ['usd', 'cny'] %}
        coalesce(w.precedence_{{ c }}, m_{{ c }}.precedence) as precedence_{{ c }},
        coalesce(w.receipt_id_{{ c }}, m_{{ c }}.receipt_id) as receipt_id_{{ c }}{{ ',' if not loop.last }}
        {%- endfor %}
    from by_cell as b
    left join won as w using (source, reporter, flow, month, hs_code, partner_code)
    {%- for c in ['usd', 'cny'] %}
    left join month_winner as m_{{ c }}
        on
            b.source = m_{{ c }}.source and b.reporter = m_{{ c }}.reporter and b.flow = m_{{ c }}.flow
            and b.month = m_{{ c }}.month and m_{{ c }}.currency = '{{ c | upper }}' and m_{{ c }}.is_whole
    {%- endfor %}
        {%- else %}
        w.*,
        b.* exclude (source, reporter, flow, month, hs_code, partner_code)
    from won as w
    left join by_cell as b using (source, reporter, flow, month, hs_code, partner_code)
        {%- endif %}
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
        {%- for c in ['usd', 'cny'] %}
        if(precedence_{{ c }} is null, null, coalesce(value_{{ c }}, 0))::bigint as value_{{ c }},
        {%- endfor %}
        {%- for n in [1, 2] %}
        if(
            coalesce(precedence_usd, 0) > coalesce(precedence_cny, 0),
            if(value_usd is null, 0, quantity_{{ n }}_usd),
            if(value_cny is null, 0, quantity_{{ n }}_cny)
        )::bigint as quantity_{{ n }},
        if(
            quantity_{{ n }} is null,
            null,
            if(
                coalesce(precedence_usd, 0) > coalesce(precedence_cny, 0),
                coalesce(unit_{{ n }}_usd, unit_{{ n }}_cny),
                coalesce(unit_{{ n }}_cny, unit_{{ n }}_usd)
            )
        ) as unit_{{ n }},
        {%- endfor %}
        if(coalesce(precedence_usd, 0) > coalesce(precedence_cny, 0), receipt_id_usd, receipt_id_cny) as receipt_id,
        receipt_id_usd,
        receipt_id_cny,
        coalesce(source_rows, 0)::bigint as source_rows
    from cell
)
{%- endmacro %}
