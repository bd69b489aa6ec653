-- Indexes with their definitions.
-- https://www.postgresql.org/docs/15/view-pg-indexes.html
-- takes: path
-- needs: pg_class, pg_index, pg_namespace
SELECT
  namespace.nspname AS schemaname,
  class.relname AS tablename,
  indexed.relname AS indexname,
  CASE indexed.reltablespace WHEN 1664 THEN 'pg_global' END AS tablespace,
  pg_shim.pg_get_indexdef(path, indexed.oid) AS indexdef
FROM pg_shim.pg_index AS index
JOIN pg_shim.pg_class AS class ON class.oid = index.indrelid
JOIN pg_shim.pg_class AS indexed ON indexed.oid = index.indexrelid
LEFT JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = class.relnamespace
