-- depends_on: {{ source('landing', 'calendar') }}
select
    month,
    detail_release,
    bulletin_release_from,
    is_combined_release
from read_parquet('~/warehouse/landing/calendar.parquet')
