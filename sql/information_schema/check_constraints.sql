-- Checks of tables and domains, and not-null constraints, of what the asking role owns.
-- https://www.postgresql.org/docs/15/infoschema-check-constraints.html
-- takes: role
-- needs: pg_attribute, pg_class, pg_constraint, pg_namespace, pg_type
SELECT
  'lakehouse' AS constraint_catalog,
  namespace.nspname AS constraint_schema,
  key.conname AS constraint_name,
  '(' || key.conbin || ')' || CASE WHEN key.contypid <> 0 AND NOT key.convalidated THEN ' NOT VALID' ELSE '' END AS check_clause
FROM pg_shim.pg_constraint AS key
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = key.connamespace
LEFT JOIN pg_shim.pg_class AS class ON class.oid = key.conrelid
LEFT JOIN pg_shim.pg_type AS type ON type.oid = key.contypid
WHERE key.contype = 'c' AND pg_shim._owns(role, coalesce(class.relowner, type.typowner, 10))
UNION ALL
SELECT
  'lakehouse',
  namespace.nspname,
  class.relnamespace || '_' || class.oid || '_' || attribute.attnum || '_not_null',
  attribute.attname || ' IS NOT NULL'
FROM pg_shim.pg_attribute AS attribute
JOIN pg_shim.pg_class AS class ON class.oid = attribute.attrelid
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE attribute.attnotnull
  AND attribute.attnum > 0
  AND class.relkind IN ('r', 'p')
  AND pg_shim._owns(role, class.relowner)
