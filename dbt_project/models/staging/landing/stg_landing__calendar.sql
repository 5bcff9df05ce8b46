-- depends_on: {{ source('landing', 'calendar') }}
select
    source,
    month,
    release_date,
    is_combined_release,
    bulletin_release_from
from read_parquet('~/warehouse/landing/calendar.parquet')
