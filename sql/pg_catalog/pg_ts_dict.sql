-- Text search dictionaries.
-- https://www.postgresql.org/docs/15/catalog-pg-ts-dict.html
SELECT * FROM static.pg_ts_dict
