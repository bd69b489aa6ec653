-- Foreign servers: the one of every foreign table.
-- https://www.postgresql.org/docs/15/catalog-pg-foreign-server.html
SELECT
  88902 AS oid,
  'lakewire' AS srvname,
  10 AS srvowner,
  88901 AS srvfdw,
  NULL AS srvtype,
  NULL AS srvversion,
  NULL AS srvacl,
  NULL AS srvoptions
