{# No two categories of a scheme have a tariff line in common. #}
{% test disjoint_prefixes(model) %}
{{ overlapping_prefixes(model) }}
{% endtest %}
