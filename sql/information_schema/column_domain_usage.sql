-- Columns of domains that the asking role owns.
-- https://www.postgresql.org/docs/15/infoschema-column-domain-usage.html
-- takes: role
-- needs: pg_attribute, pg_class, pg_namespace, pg_type
SELECT
  'lakehouse' AS domain_catalog,
  type_namespace.nspname AS domain_schema,
  type.typname AS domain_name,
  'lakehouse' AS table_catalog,
  namespace.nspname AS table_schema,
  class.relname AS table_name,
  attribute.attname AS column_name
FROM pg_shim.pg_attribute AS attribute
JOIN pg_shim.pg_class AS class ON class.oid = attribute.attrelid
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = class.relnamespace
JOIN pg_shim.pg_type AS type ON type.oid = attribute.atttypid
JOIN pg_shim.pg_namespace AS type_namespace ON type_namespace.oid = type.typnamespace
WHERE type.typtype = 'd'
  AND class.relkind IN ('r', 'v', 'f', 'p')
  AND attribute.attnum > 0
  AND NOT attribute.attisdropped
  AND pg_shim._owns(role, type.typowner)
