select
    control_total_id,
    publisher,
    title,
    -- Every figure of the seed is about China's own statistics.
    'CHN' as reporter,
    flow,
    partner_code,
    category_scheme,
    category_code,
    (period_from || '-01')::date as period_from,
    (period_to || '-01')::date as period_to,
    measure,
    value::decimal(24, 6) as value,
    half_unit::decimal(24, 6) as half_unit,
    grade,
    is_headline,
    vintage::date as vintage,
    source as reference
from {{ ref('control_totals') }}
