-- Views the asking role has some right on; what they mean is told to their owners.
-- https://www.postgresql.org/docs/15/infoschema-views.html
-- Differs: the definition of a system view is not told.
-- takes: role, path
-- needs: pg_class, pg_namespace
SELECT
  'lakehouse' AS table_catalog,
  namespace.nspname AS table_schema,
  class.relname AS table_name,
  CASE WHEN pg_shim._owns(role, class.relowner) THEN pg_shim.pg_get_viewdef(path, class.oid) END AS view_definition,
  CASE
    WHEN list_contains(class.reloptions, 'check_option=cascaded') THEN 'CASCADED'
    WHEN list_contains(class.reloptions, 'check_option=local') THEN 'LOCAL'
    ELSE 'NONE'
  END AS check_option,
  pg_shim._yes_or_no(pg_shim.pg_relation_is_updatable(class.oid, false) & 20 = 20) AS is_updatable,
  pg_shim._yes_or_no(pg_shim.pg_relation_is_updatable(class.oid, false) & 8 = 8) AS is_insertable_into,
  'NO' AS is_trigger_updatable,
  'NO' AS is_trigger_deletable,
  'NO' AS is_trigger_insertable_into
FROM pg_shim.pg_class AS class
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE class.relkind = 'v' AND pg_shim._sees_table(role, class.oid, class.relowner)
