-- Operators.
-- https://www.postgresql.org/docs/15/catalog-pg-operator.html
SELECT * FROM static.pg_operator
