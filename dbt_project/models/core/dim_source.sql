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
    is_synthetic,
    -- A source is held back by the release, which says since when.
    null::date as held_back_since
from {{ ref('stg_landing__source') }}
