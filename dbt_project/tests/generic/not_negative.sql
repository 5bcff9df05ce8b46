{# No value or quantity is below zero. #}
{% test not_negative(model, columns) %}
{{ rows_below_zero(model, columns) }}
{% endtest %}
