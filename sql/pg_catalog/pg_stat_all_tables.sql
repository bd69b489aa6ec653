-- How much is in each table.
-- https://www.postgresql.org/docs/15/monitoring-stats.html#MONITORING-PG-STAT-ALL-TABLES-VIEW
-- Differs: scans, rows written, VACUUM and ANALYZE are counted since the server's start; rows read, indexes and what the server does by itself are not.
-- needs: pg_class, pg_namespace
SELECT
  class.oid AS relid,
  namespace.nspname AS schemaname,
  class.relname,
  pg_shim._table_statistic(class.oid, 'seq_scan') AS seq_scan,
  NULL AS seq_tup_read,
  NULL AS idx_scan,
  NULL AS idx_tup_fetch,
  pg_shim._table_statistic(class.oid, 'n_tup_ins') AS n_tup_ins,
  pg_shim._table_statistic(class.oid, 'n_tup_upd') AS n_tup_upd,
  pg_shim._table_statistic(class.oid, 'n_tup_del') AS n_tup_del,
  NULL AS n_tup_hot_upd,
  greatest(class.reltuples, 0) AS n_live_tup,
  NULL AS n_dead_tup,
  NULL AS n_mod_since_analyze,
  NULL AS n_ins_since_vacuum,
  make_timestamptz(pg_shim._table_statistic(class.oid, 'last_vacuum')) AS last_vacuum,
  NULL AS last_autovacuum,
  statistics.analyzed AS last_analyze,
  NULL AS last_autoanalyze,
  pg_shim._table_statistic(class.oid, 'vacuum_count') AS vacuum_count,
  NULL AS autovacuum_count,
  pg_shim._table_statistic(class.oid, 'analyze_count') AS analyze_count,
  NULL AS autoanalyze_count
FROM pg_shim.pg_class AS class
LEFT JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = class.relnamespace
LEFT JOIN facts.statistics ON statistics.relation_oid = class.oid
WHERE class.relkind IN ('r', 'p', 'm')
