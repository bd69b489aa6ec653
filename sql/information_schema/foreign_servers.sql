-- Foreign servers.
-- https://www.postgresql.org/docs/15/infoschema-foreign-servers.html
-- takes: role
-- needs: pg_foreign_server
SELECT
  'lakehouse' AS foreign_server_catalog,
  srvname AS foreign_server_name,
  'lakehouse' AS foreign_data_wrapper_catalog,
  'lakewire' AS foreign_data_wrapper_name,
  NULL AS foreign_server_type,
  NULL AS foreign_server_version,
  pg_shim.pg_get_userbyid(srvowner) AS authorization_identifier
FROM pg_shim.pg_foreign_server
WHERE pg_shim._owns(role, srvowner)
