-- Columns whose type, or whose domain's base, the asking role owns.
-- https://www.postgresql.org/docs/15/infoschema-column-udt-usage.html
-- takes: role
-- needs: pg_attribute, pg_class, pg_namespace, pg_type
SELECT
  'lakehouse' AS udt_catalog,
  coalesce(base_namespace.nspname, type_namespace.nspname) AS udt_schema,
  coalesce(base.typname, type.typname) AS udt_name,
  'lakehouse' AS table_catalog,
  namespace.nspname AS table_schema,
  class.relname AS table_name,
  attribute.attname AS column_name
FROM pg_shim.pg_attribute AS attribute
JOIN pg_shim.pg_class AS class ON class.oid = attribute.attrelid
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = class.relnamespace
JOIN pg_shim.pg_type AS type ON type.oid = attribute.atttypid
JOIN pg_shim.pg_namespace AS type_namespace ON type_namespace.oid = type.typnamespace
LEFT JOIN pg_shim.pg_type AS base ON type.typtype = 'd' AND base.oid = type.typbasetype
LEFT JOIN pg_shim.pg_namespace AS base_namespace ON base_namespace.oid = base.typnamespace
WHERE attribute.attnum > 0
  AND NOT attribute.attisdropped
  AND class.relkind IN ('r', 'v', 'f', 'p')
  AND pg_shim._owns(role, coalesce(base.typowner, type.typowner))
