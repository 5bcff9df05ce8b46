-- depends_on: {{ source('landing', 'chapter') }}
select
    source,
    chapter,
    first_year
from read_parquet('~/warehouse/landing/chapter.parquet')
