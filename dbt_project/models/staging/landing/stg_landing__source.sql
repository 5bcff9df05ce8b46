-- depends_on: {{ source('landing', 'source') }}
select
    source,
    publisher,
    reporters,
    code_digits,
    code_system,
    partner_system,
    currencies,
    local_currency,
    import_valuation,
    export_valuation,
    import_partner,
    export_partner,
    time_zone,
    first_month,
    attribution,
    terms,
    may_be_passed_on,
    is_rounded,
    is_synthetic
from read_parquet('~/warehouse/landing/source.parquet')
