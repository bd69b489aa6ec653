-- Extensions: the lakehouse's own relations and functions are one, so that who dumps a database leaves them out.
-- https://www.postgresql.org/docs/15/catalog-pg-extension.html
-- Differs: PL/pgSQL is not there.
SELECT
  88902 AS oid,
  'lakewire' AS extname,
  10 AS extowner,
  88001 AS extnamespace,
  false AS extrelocatable,
  '1.0' AS extversion,
  NULL AS extconfig,
  NULL AS extcondition
