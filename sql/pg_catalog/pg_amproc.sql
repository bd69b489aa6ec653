-- Support functions of index operator families.
-- https://www.postgresql.org/docs/15/catalog-pg-amproc.html
SELECT * FROM static.pg_amproc
