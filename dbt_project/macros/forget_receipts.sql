{# Pre-hook: rows of receipts that count no longer, or were read by another version of the parser, go. #}
{% macro forget_receipts() -%}
  {%- if execute and is_incremental() -%}
    delete from {{ this }} where (receipt_id, parser_version) not in (
      select (receipt_id, parser_version) from {{ ref('stg_landing__receipt') }}
    )
  {%- endif -%}
{%- endmacro %}
