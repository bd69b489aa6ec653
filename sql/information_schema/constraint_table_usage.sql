-- Tables that keys of the asking role's own tables use: a foreign key uses the one it refers to.
-- https://www.postgresql.org/docs/15/infoschema-constraint-table-usage.html
-- takes: role
-- needs: pg_class, pg_constraint, pg_namespace
SELECT
  'lakehouse' AS table_catalog,
  namespace.nspname AS table_schema,
  class.relname AS table_name,
  'lakehouse' AS constraint_catalog,
  key_namespace.nspname AS constraint_schema,
  key.conname AS constraint_name
FROM pg_shim.pg_constraint AS key
JOIN pg_shim.pg_class AS class ON class.oid = CASE key.contype WHEN 'f' THEN key.confrelid ELSE key.conrelid END
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = class.relnamespace
JOIN pg_shim.pg_namespace AS key_namespace ON key_namespace.oid = key.connamespace
WHERE key.contype IN ('f', 'p', 'u') AND class.relkind IN ('r', 'p') AND pg_shim._owns(role, class.relowner)
