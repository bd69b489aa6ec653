-- Blocks of indexes read: they have none.
-- https://www.postgresql.org/docs/15/monitoring-stats.html
-- needs: pg_stat_all_indexes
SELECT
  relid,
  indexrelid,
  schemaname,
  relname,
  indexrelname,
  0 AS idx_blks_read,
  0 AS idx_blks_hit
FROM pg_shim.pg_stat_all_indexes
