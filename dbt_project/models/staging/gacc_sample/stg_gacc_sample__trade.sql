-- depends_on: {{ source('raw', 'gacc_sample') }}
{{ gacc_rows('gacc_sample') }}
