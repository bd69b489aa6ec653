-- Text search configurations.
-- https://www.postgresql.org/docs/15/catalog-pg-ts-config.html
SELECT * FROM static.pg_ts_config
