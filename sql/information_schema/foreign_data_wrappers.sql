-- Foreign-data wrappers: the asking role may use the only one when it is a superuser.
-- https://www.postgresql.org/docs/15/infoschema-foreign-data-wrappers.html
-- takes: role
-- needs: pg_foreign_data_wrapper
SELECT
  'lakehouse' AS foreign_data_wrapper_catalog,
  fdwname AS foreign_data_wrapper_name,
  pg_shim.pg_get_userbyid(fdwowner) AS authorization_identifier,
  NULL AS library_name,
  'internal' AS foreign_data_wrapper_language
FROM pg_shim.pg_foreign_data_wrapper
WHERE pg_shim._owns(role, fdwowner)
