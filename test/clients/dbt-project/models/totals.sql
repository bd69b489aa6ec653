select count(*) as n, sum(score) as total from {{ ref('people_table') }}
