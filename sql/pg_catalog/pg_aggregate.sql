-- Aggregate functions.
-- https://www.postgresql.org/docs/15/catalog-pg-aggregate.html
SELECT * FROM static.pg_aggregate
