{{ config(materialized='incremental', unique_key='id') }} select id, name, score from {{ ref('people_table') }} {% if is_incremental() %} where id > 1 {% endif %}
