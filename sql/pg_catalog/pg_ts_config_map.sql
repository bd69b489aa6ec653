-- Which dictionaries a text search configuration asks.
-- https://www.postgresql.org/docs/15/catalog-pg-ts-config-map.html
SELECT * FROM static.pg_ts_config_map
