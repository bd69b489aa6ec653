-- Text search parsers.
-- https://www.postgresql.org/docs/15/catalog-pg-ts-parser.html
SELECT * FROM static.pg_ts_parser
