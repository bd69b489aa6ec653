-- Operator classes of indexes.
-- https://www.postgresql.org/docs/15/catalog-pg-opclass.html
SELECT * FROM static.pg_opclass
