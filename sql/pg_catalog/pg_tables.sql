-- Datasets, and PostgreSQL's own tables.
-- https://www.postgresql.org/docs/15/view-pg-tables.html
-- needs: pg_class, pg_namespace
SELECT
  namespace.nspname AS schemaname,
  class.relname AS tablename,
  pg_shim.pg_get_userbyid(class.relowner) AS tableowner,
  CASE class.reltablespace WHEN 1664 THEN 'pg_global' END AS tablespace,
  class.relhasindex AS hasindexes,
  class.relhasrules AS hasrules,
  class.relhastriggers AS hastriggers,
  class.relrowsecurity AS rowsecurity
FROM pg_shim.pg_class AS class
LEFT JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE class.relkind IN ('r', 'p')
