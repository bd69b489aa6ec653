-- Use of indexes: rows are found by the statistics of data files, so none is ever scanned.
-- https://www.postgresql.org/docs/15/monitoring-stats.html
-- needs: pg_class, pg_index, pg_namespace
SELECT
  class.oid AS relid,
  indexed.oid AS indexrelid,
  namespace.nspname AS schemaname,
  class.relname AS relname,
  indexed.relname AS indexrelname,
  0 AS idx_scan,
  0 AS idx_tup_read,
  0 AS idx_tup_fetch
FROM pg_shim.pg_index AS index
JOIN pg_shim.pg_class AS class ON class.oid = index.indrelid
JOIN pg_shim.pg_class AS indexed ON indexed.oid = index.indexrelid
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = class.relnamespace
