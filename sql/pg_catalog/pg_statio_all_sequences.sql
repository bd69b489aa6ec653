-- Blocks read of sequences.
-- https://www.postgresql.org/docs/15/monitoring-stats.html
-- Differs: there are no blocks, and nobody counts any.
-- needs: pg_class, pg_namespace
SELECT
  class.oid AS relid,
  namespace.nspname AS schemaname,
  class.relname,
  NULL AS blks_read,
  NULL AS blks_hit
FROM pg_shim.pg_class AS class
LEFT JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE class.relkind = 'S'
