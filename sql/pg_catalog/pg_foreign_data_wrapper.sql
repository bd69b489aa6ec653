-- Foreign-data wrappers: the one that reads Delta tables and folders of Parquet files.
-- https://www.postgresql.org/docs/15/catalog-pg-foreign-data-wrapper.html
SELECT
  88901 AS oid,
  'lakewire' AS fdwname,
  10 AS fdwowner,
  0 AS fdwhandler,
  0 AS fdwvalidator,
  NULL AS fdwacl,
  NULL AS fdwoptions
