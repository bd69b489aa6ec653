-- Languages functions are written in.
-- https://www.postgresql.org/docs/15/catalog-pg-language.html
SELECT * FROM static.pg_language
