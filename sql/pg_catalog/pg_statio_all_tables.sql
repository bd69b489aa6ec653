-- Blocks read.
-- https://www.postgresql.org/docs/15/monitoring-stats.html
-- Differs: data is in Parquet files, not blocks, and nobody counts any.
-- needs: pg_class, pg_namespace
SELECT
  class.oid AS relid,
  namespace.nspname AS schemaname,
  class.relname,
  NULL AS heap_blks_read,
  NULL AS heap_blks_hit,
  NULL AS idx_blks_read,
  NULL AS idx_blks_hit,
  NULL AS toast_blks_read,
  NULL AS toast_blks_hit,
  NULL AS tidx_blks_read,
  NULL AS tidx_blks_hit
FROM pg_shim.pg_class AS class
LEFT JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE class.relkind IN ('r', 'm')
