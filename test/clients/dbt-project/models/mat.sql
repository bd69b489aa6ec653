{{ config(materialized='materialized_view') }} select name, score from {{ ref('people_table') }}
