-- Encoding conversions.
-- https://www.postgresql.org/docs/15/catalog-pg-conversion.html
SELECT * FROM static.pg_conversion
