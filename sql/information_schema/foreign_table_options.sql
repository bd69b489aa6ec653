-- Options of the foreign tables the asking role has some right on.
-- https://www.postgresql.org/docs/15/infoschema-foreign-table-options.html
-- takes: role
-- needs: pg_class, pg_namespace, pg_foreign_table
SELECT
  'lakehouse' AS foreign_table_catalog,
  namespace.nspname AS foreign_table_schema,
  class.relname AS foreign_table_name,
  option.option_name,
  option.option_value
FROM pg_shim.pg_class AS class
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = class.relnamespace
JOIN (
  SELECT ftrelid, unnest(pg_shim.pg_options_to_table(ftoptions)) AS option
  FROM pg_shim.pg_foreign_table
) AS chosen ON chosen.ftrelid = class.oid
WHERE pg_shim._sees_table(role, class.oid, class.relowner)
