-- How much is in each of the system's tables: not counted.
-- https://www.postgresql.org/docs/15/monitoring-stats.html#MONITORING-PG-STAT-ALL-TABLES-VIEW
-- needs: pg_stat_all_tables
SELECT *
FROM pg_shim.pg_stat_all_tables
WHERE schemaname IN ('pg_catalog', 'information_schema')
