-- Schemas: a bucket is one, and so are the system's own.
-- https://www.postgresql.org/docs/15/catalog-pg-namespace.html
SELECT
  oid,
  nspname,
  nspowner,
  coalesce(pg_shim._acl('schema', oid, nspowner), pg_shim._born_acl(nspacl)) AS nspacl
FROM kept.pg_namespace
