-- Casts between types.
-- https://www.postgresql.org/docs/15/catalog-pg-cast.html
SELECT * FROM static.pg_cast
