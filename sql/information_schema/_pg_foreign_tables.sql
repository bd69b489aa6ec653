-- What foreign_tables is made from in PostgreSQL: with the options and the owner.
-- https://www.postgresql.org/docs/15/information-schema.html
-- takes: role
-- needs: pg_class, pg_foreign_server, pg_foreign_table, pg_namespace
SELECT
  'lakehouse' AS foreign_table_catalog,
  namespace.nspname AS foreign_table_schema,
  class.relname AS foreign_table_name,
  foreign_table.ftoptions,
  'lakehouse' AS foreign_server_catalog,
  server.srvname AS foreign_server_name,
  pg_shim.pg_get_userbyid(class.relowner) AS authorization_identifier
FROM pg_shim.pg_foreign_table AS foreign_table
JOIN pg_shim.pg_class AS class ON class.oid = foreign_table.ftrelid
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = class.relnamespace
JOIN pg_shim.pg_foreign_server AS server ON server.oid = foreign_table.ftserver
WHERE pg_shim._sees_table(role, class.oid, class.relowner)
