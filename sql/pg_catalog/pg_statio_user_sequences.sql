-- Blocks read of sequences of users.
-- https://www.postgresql.org/docs/15/monitoring-stats.html
-- needs: pg_statio_all_sequences
SELECT *
FROM pg_shim.pg_statio_all_sequences
WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
