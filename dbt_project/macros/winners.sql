{#
  For each cell and currency the precedence of the receipt that counts: the latest whose scope contains the
  cell (docs/rules.md, rule 1); cells that no receipt covers are absent.

  cells:    relation with feeds, source, reporter, flow, currency, month, hs_code, partner_code ('world': all partners
            in one row)
  coverage: relation with the same, hs_prefix instead of hs_code ('' = all codes), partner_code '*' = all
            partners, and precedence

  Whole and partial partner scopes are joined apart, since an OR in a join condition costs a full product.
  Plain Jinja, so that Python renders the same text.
#}
{% macro winners(cells, coverage) -%}
select
    feeds,
    source,
    reporter,
    flow,
    currency,
    month,
    hs_code,
    partner_code,
    max(precedence) as precedence
from (
    {%- for partner in ["'*'", "c.partner_code"] %}
    select
        c.feeds,
        c.source,
        c.reporter,
        c.flow,
        c.currency,
        c.month,
        c.hs_code,
        c.partner_code,
        v.precedence
    from {{ cells }} as c
    inner join {{ coverage }} as v
        on
            c.feeds = v.feeds and c.source = v.source and c.reporter = v.reporter and c.flow = v.flow
            and c.currency = v.currency and c.month = v.month and v.partner_code = {{ partner }}
            and starts_with(c.hs_code, v.hs_prefix)
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
) as contained
group by all
{%- endmacro %}
