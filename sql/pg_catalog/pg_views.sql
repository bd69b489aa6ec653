-- Views.
-- https://www.postgresql.org/docs/15/view-pg-views.html
-- Differs: the definition of a system view is not told.
-- takes: path
-- needs: pg_class, pg_namespace
SELECT
  namespace.nspname AS schemaname,
  class.relname AS viewname,
  pg_shim.pg_get_userbyid(class.relowner) AS viewowner,
  pg_shim.pg_get_viewdef(path, class.oid) AS definition
FROM pg_shim.pg_class AS class
LEFT JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE class.relkind = 'v'
