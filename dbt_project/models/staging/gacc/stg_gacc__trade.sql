-- depends_on: {{ source('raw', 'gacc') }}
{{ gacc_rows('gacc') }}
