-- Collations.
-- https://www.postgresql.org/docs/15/infoschema-collations.html
SELECT
  'lakehouse' AS collation_catalog,
  'pg_catalog' AS collation_schema,
  collname AS collation_name,
  'NO PAD' AS pad_attribute
FROM static.pg_collation
