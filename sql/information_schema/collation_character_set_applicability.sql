-- Collations and the character set they are for.
-- https://www.postgresql.org/docs/15/infoschema-collation-character-set-applicability.html
SELECT
  'lakehouse' AS collation_catalog,
  'pg_catalog' AS collation_schema,
  collname AS collation_name,
  NULL AS character_set_catalog,
  NULL AS character_set_schema,
  'UTF8' AS character_set_name
FROM static.pg_collation
