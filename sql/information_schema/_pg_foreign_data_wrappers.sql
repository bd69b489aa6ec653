-- What foreign_data_wrappers is made from in PostgreSQL: with the owner's OID and the options.
-- https://www.postgresql.org/docs/15/information-schema.html
-- takes: role
-- needs: pg_foreign_data_wrapper
SELECT
  oid,
  fdwowner,
  fdwoptions,
  'lakehouse' AS foreign_data_wrapper_catalog,
  fdwname AS foreign_data_wrapper_name,
  pg_shim.pg_get_userbyid(fdwowner) AS authorization_identifier,
  'internal' AS foreign_data_wrapper_language
FROM pg_shim.pg_foreign_data_wrapper
WHERE pg_shim._owns(role, fdwowner)
