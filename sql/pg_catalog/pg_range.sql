-- Range types.
-- https://www.postgresql.org/docs/15/catalog-pg-range.html
SELECT * FROM static.pg_range
