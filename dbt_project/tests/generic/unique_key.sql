{# Every row has a whole key of its own. #}
{% test unique_key(model, columns) %}
{{ broken_keys(model, columns) }}
{% endtest %}
