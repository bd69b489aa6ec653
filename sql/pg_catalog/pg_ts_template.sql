-- Text search templates.
-- https://www.postgresql.org/docs/15/catalog-pg-ts-template.html
SELECT * FROM static.pg_ts_template
