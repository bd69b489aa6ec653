-- Use of indexes: rows are found by the statistics of data files, so none is ever scanned.
-- https://www.postgresql.org/docs/15/monitoring-stats.html
-- needs: pg_stat_all_indexes
SELECT *
FROM pg_shim.pg_stat_all_indexes
WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
