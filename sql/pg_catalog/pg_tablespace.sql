-- Tablespaces: names that clients look for. Where data lies is the bucket's affair.
-- https://www.postgresql.org/docs/15/catalog-pg-tablespace.html
SELECT * FROM static.pg_tablespace
