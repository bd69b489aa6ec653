-- Operators of index operator families.
-- https://www.postgresql.org/docs/15/catalog-pg-amop.html
SELECT * FROM static.pg_amop
