-- Views the asking role has some right on.
-- https://www.postgresql.org/docs/15/infoschema-views.html
-- Differs: the definition is not told.
-- takes: role
-- needs: pg_class, pg_namespace
SELECT
  'lakehouse' AS table_catalog,
  namespace.nspname AS table_schema,
  class.relname AS table_name,
  NULL AS view_definition,
  'NONE' AS check_option,
  'NO' AS is_updatable,
  'NO' AS is_insertable_into,
  'NO' AS is_trigger_updatable,
  'NO' AS is_trigger_deletable,
  'NO' AS is_trigger_insertable_into
FROM pg_shim.pg_class AS class
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE class.relkind = 'v' AND pg_shim._sees_table(role, class.oid, class.relowner)
