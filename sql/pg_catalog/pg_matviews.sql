-- Materialized views.
-- https://www.postgresql.org/docs/15/view-pg-matviews.html
-- takes: path
-- needs: pg_class, pg_namespace
SELECT
  namespace.nspname AS schemaname,
  class.relname AS matviewname,
  pg_shim.pg_get_userbyid(class.relowner) AS matviewowner,
  NULL AS tablespace,
  class.relhasindex AS hasindexes,
  class.relispopulated AS ispopulated,
  pg_shim.pg_get_viewdef(path, class.oid) AS definition
FROM pg_shim.pg_class AS class
LEFT JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE class.relkind = 'm'
