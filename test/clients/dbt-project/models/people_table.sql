{{ config(materialized='table', indexes=[{'columns': ['id'], 'unique': true}]) }} select id, upper(name) as name, coalesce(score, 0) as score from {{ ref('people') }}
