{% snapshot people_snapshot %}
{{ config(target_schema='dbt_small', unique_key='id', strategy='check', check_cols=['name', 'score']) }}
select * from {{ ref('people') }}
{% endsnapshot %}
