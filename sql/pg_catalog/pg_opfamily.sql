-- Operator families of indexes.
-- https://www.postgresql.org/docs/15/catalog-pg-opfamily.html
SELECT * FROM static.pg_opfamily
