-- How much is in each dataset.
-- https://www.postgresql.org/docs/15/monitoring-stats.html#MONITORING-PG-STAT-ALL-TABLES-VIEW
-- needs: pg_stat_all_tables
SELECT *
FROM pg_shim.pg_stat_all_tables
WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
