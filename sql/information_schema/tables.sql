-- Tables and views the asking role has some right on.
-- https://www.postgresql.org/docs/15/infoschema-tables.html
-- takes: role
-- needs: pg_class, pg_namespace
SELECT
  'lakehouse' AS table_catalog,
  namespace.nspname AS table_schema,
  class.relname AS table_name,
  CASE
    WHEN class.relpersistence = 't' THEN 'LOCAL TEMPORARY'
    WHEN class.relkind = 'v' THEN 'VIEW'
    WHEN class.relkind = 'f' THEN 'FOREIGN'
    ELSE 'BASE TABLE'
  END AS table_type,
  NULL AS self_referencing_column_name,
  NULL AS reference_generation,
  NULL AS user_defined_type_catalog,
  NULL AS user_defined_type_schema,
  NULL AS user_defined_type_name,
  pg_shim._yes_or_no(pg_shim.pg_relation_is_updatable(class.oid, false) & 8 = 8) AS is_insertable_into,
  'NO' AS is_typed,
  NULL AS commit_action
FROM pg_shim.pg_class AS class
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE class.relkind IN ('r', 'v', 'f', 'p') AND pg_shim._sees_table(role, class.oid, class.relowner)
