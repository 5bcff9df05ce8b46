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
        {%- for c in ['usd', 'local'] %}
        sum(value) filter (where {{ is_currency('currency', c) }}) as value_{{ c }},
        {%- for n in [1, 2] %}
        -- Quantities of unlike units are never added.
        if(
            min(unit_{{ n }}) filter (where {{ is_currency('currency', c) }})
            is not distinct from max(unit_{{ n }}) filter (where {{ is_currency('currency', c) }}),
            sum(quantity_{{ n }}) filter (where {{ is_currency('currency', c) }}),
            null
        ) as quantity_{{ n }}_{{ c }},
        min(unit_{{ n }}) filter (where {{ is_currency('currency', c) }}) as unit_{{ n }}_{{ c }},
        {%- endfor %}
        -- The weight of some of the rows would pass for that of the cell.
        if(
            count(*) filter (where {{ is_currency('currency', c) }} and net_weight_kg is null) = 0,
            sum(net_weight_kg) filter (where {{ is_currency('currency', c) }}),
            null
        ) as net_weight_{{ c }},
        bool_or(weight_is_estimated) filter (where {{ is_currency('currency', c) }}) as is_estimated_{{ c }},
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
        {%- for c in ['usd', 'local'] %}
        max(precedence) filter (where {{ is_currency('currency', c) }}) as precedence_{{ c }},
        max(receipt_id) filter (where {{ is_currency('currency', c) }}) as receipt_id_{{ c }}{{ ',' if not loop.last }}
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
        {%- for c in ['usd', 'local'] %}
        coalesce(w.precedence_{{ c }}, m_{{ c }}.precedence) as precedence_{{ c }},
        coalesce(w.receipt_id_{{ c }}, m_{{ c }}.receipt_id) as receipt_id_{{ c }}{{ ',' if not loop.last }}
        {%- endfor %}
    from by_cell as b
    left join won as w using (source, reporter, flow, month, hs_code, partner_code)
    {%- for c in ['usd', 'local'] %}
    left join month_winner as m_{{ c }}
        on
            b.source = m_{{ c }}.source and b.reporter = m_{{ c }}.reporter and b.flow = m_{{ c }}.flow
            and b.month = m_{{ c }}.month and {{ is_currency('m_' ~ c ~ '.currency', c) }} and m_{{ c }}.is_whole
    {%- endfor %}
        {%- else %}
        w.*,
        b.* exclude (source, reporter, flow, month, hs_code, partner_code)
    from won as w
    left join by_cell as b using (source, reporter, flow, month, hs_code, partner_code)
        {%- endif %}
),

ranked as (
    select
        *,
        coalesce(precedence_usd, 0) > coalesce(precedence_local, 0) as is_usd_later
    from cell
),

-- Quantities come from the later receipt of the two currencies (docs/rules.md, rule 3).
measured as (
    select
        source,
        reporter,
        flow,
        month,
        hs_code as commodity_code,
        {%- if feeds == 'partner' %}
        partner_code,
        {%- endif %}
        {%- for c in ['usd', 'local'] %}
        if(precedence_{{ c }} is null, null, coalesce(value_{{ c }}, 0))::bigint as value_{{ c }},
        {%- endfor %}
        {%- for n in [1, 2] %}
        if(
            is_usd_later,
            if(value_usd is null, 0, quantity_{{ n }}_usd),
            if(value_local is null, 0, quantity_{{ n }}_local)
        )::bigint as quantity_{{ n }},
        if(
            quantity_{{ n }} is null,
            null,
            if(is_usd_later, unit_{{ n }}_usd, unit_{{ n }}_local)
        ) as unit_{{ n }},
        {%- endfor %}
        if(is_usd_later, net_weight_usd, net_weight_local)::bigint as printed_weight,
        if(is_usd_later, is_estimated_usd, is_estimated_local) as is_estimated,
        if(is_usd_later, receipt_id_usd, receipt_id_local) as receipt_id,
        receipt_id_usd,
        receipt_id_local,
        coalesce(source_rows, 0)::bigint as source_rows
    from ranked
),

-- The weight is the printed one, else the quantity that is counted in kilograms.
final as (
    select
        m.source,
        m.reporter,
        m.flow,
        m.month,
        m.commodity_code,
        {%- if feeds == 'partner' %}
        m.partner_code,
        {%- endif %}
        m.value_usd,
        m.value_local,
        o.local_currency,
        m.quantity_1,
        m.unit_1,
        m.quantity_2,
        m.unit_2,
        coalesce(
            m.printed_weight,
            if(m.unit_1 = 'Kilogram', m.quantity_1, null),
            if(m.unit_2 = 'Kilogram', m.quantity_2, null)
        ) as net_weight_kg,
        if(net_weight_kg is null, null, coalesce(m.printed_weight is not null and m.is_estimated, false))
            as weight_is_estimated,
        m.receipt_id,
        m.receipt_id_usd,
        m.receipt_id_local,
        m.source_rows,
        o.is_synthetic
    from measured as m
    left join {{ ref('dim_source') }} as o on m.source = o.source
)
{%- endmacro %}

{# A condition on rows: those in dollars, or those in the local currency of their source. #}
{% macro is_currency(column, side) -%}
{{ column }} {{ '=' if side == 'usd' else '<>' }} 'USD'
{%- endmacro %}
