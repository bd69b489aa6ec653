-- Collations: values are compared by their bytes, as in "C".
-- https://www.postgresql.org/docs/15/catalog-pg-collation.html
SELECT * FROM static.pg_collation
