-- Foreign tables the asking role has some right on.
-- https://www.postgresql.org/docs/15/infoschema-foreign-tables.html
-- takes: role
-- needs: pg_class, pg_namespace
SELECT
  'lakehouse' AS foreign_table_catalog,
  namespace.nspname AS foreign_table_schema,
  class.relname AS foreign_table_name,
  'lakehouse' AS foreign_server_catalog,
  'lakewire' AS foreign_server_name
FROM pg_shim.pg_class AS class
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE class.relkind = 'f' AND pg_shim._sees_table(role, class.oid, class.relowner)
