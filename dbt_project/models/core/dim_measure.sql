select
    measure,
    label,
    meaning,
    unit,
    aggregation,
    {{ is_synthetic() }} as is_synthetic
from {{ ref('measures') }}
