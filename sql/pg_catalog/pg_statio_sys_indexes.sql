-- Blocks of indexes read: they have none.
-- https://www.postgresql.org/docs/15/monitoring-stats.html
-- needs: pg_statio_all_indexes
SELECT *
FROM pg_shim.pg_statio_all_indexes
WHERE schemaname IN ('pg_catalog', 'information_schema')
