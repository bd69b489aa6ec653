-- What foreign_servers is made from in PostgreSQL: with the OID and the options.
-- https://www.postgresql.org/docs/15/information-schema.html
-- takes: role
-- needs: pg_foreign_data_wrapper, pg_foreign_server
SELECT
  server.oid,
  server.srvoptions,
  'lakehouse' AS foreign_server_catalog,
  server.srvname AS foreign_server_name,
  'lakehouse' AS foreign_data_wrapper_catalog,
  wrapper.fdwname AS foreign_data_wrapper_name,
  server.srvtype AS foreign_server_type,
  server.srvversion AS foreign_server_version,
  pg_shim.pg_get_userbyid(server.srvowner) AS authorization_identifier
FROM pg_shim.pg_foreign_server AS server
JOIN pg_shim.pg_foreign_data_wrapper AS wrapper ON wrapper.oid = server.srvfdw
WHERE pg_shim._owns(role, server.srvowner)
