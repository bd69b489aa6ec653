-- Blocks read of tables in the catalogs.
-- https://www.postgresql.org/docs/15/monitoring-stats.html
-- needs: pg_statio_all_tables
SELECT *
FROM pg_shim.pg_statio_all_tables
WHERE schemaname IN ('pg_catalog', 'information_schema')
