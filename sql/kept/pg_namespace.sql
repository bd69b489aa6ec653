-- What pg_namespace has, but for privileges.
SELECT
  oid,
  nspname,
  nspowner,
  nspacl
FROM static.pg_namespace
WHERE nspname <> 'public'
UNION ALL
SELECT
  oid,
  name,
  owner,
  NULL
FROM facts.schema
